import pytest

from accounts import matching_rules
from accounts.dedup import people, rules, sites
from tests import database
from tests.database import clones, django_db_setup, valkey, valkey_server  # noqa: F401 - fixtures
from tests.people import *  # noqa: F403 - fixtures


@pytest.fixture(autouse=True)
def rules_of_the_product():
    """What one test publishes does not hold for the next; and nobody asks the database for the rules meanwhile."""
    matching_rules._held = (float("inf"), rules.DEFAULT, people.RULES, sites.RULES)
    yield
    matching_rules.forget()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """The name of a value in a test's name: long and binary ones go by their argument's (pytest numbers them).

    A made-up archive holds the second it was made in; two workers that name its test by its bytes
    then collect different tests, and refuse to start.
    """
    if isinstance(val, bytes) or (isinstance(val, str) and len(val) > 60):
        return argname
    return None


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # xdist's workers inherit the folder
        database.make_run_folder()


def pytest_collection_finish(session: pytest.Session) -> None:
    """xdist writes the group of a test behind its id; where that has no effect, each worker would set everything up."""
    in_groups = [item for item in session.items if item.get_closest_marker("xdist_group")]
    if getattr(session.config.option, "loadgroup", False) and any(
        "@" not in item.nodeid for item in in_groups
    ):
        raise pytest.UsageError(
            "pytest and xdist do not go together: groups of tests are not kept on one worker"
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        database.remove_run_folder()


try:
    import xdist  # noqa: F401
except ImportError:  # with one process the fixture of xdist is missing

    @pytest.fixture(scope="session")
    def worker_id() -> str:
        return "alone"
