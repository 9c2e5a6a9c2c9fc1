import pytest

from tests import database
from tests.database import clones, django_db_setup, valkey, valkey_server  # noqa: F401 - fixtures
from tests.people import *  # noqa: F403 - fixtures


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # xdist's workers inherit the folder
        database.make_run_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        database.remove_run_folder()


try:
    import xdist  # noqa: F401
except ImportError:  # with one process the fixture of xdist is missing

    @pytest.fixture(scope="session")
    def worker_id() -> str:
        return "alone"
