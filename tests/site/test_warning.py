"""Opening the sample company to a network is said aloud."""

import pytest

from crm.demo import people
from crm.management.commands.up import warning


@pytest.mark.parametrize(
    ("host", "warns"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True), ("192.168.1.5", True)]
)  # noqa: S104
def test_the_known_password_is_a_warning_beyond_this_machine(db, host, warns):
    assert warning(host) == ""  # nobody of the sample company is here
    people.add_people()

    assert ("--no-demo" in warning(host)) is warns
