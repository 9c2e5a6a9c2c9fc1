import pytest

from crm import checks

STRONG = "f3Jk9sLq0wZx7vBn5mTy2cRu8pHe4aGd6iOoQ1WE"


@pytest.fixture
def server(settings):
    """A server whose settings are safe."""
    settings.MODE, settings.DEBUG = "server", False
    settings.SECRET_KEY, settings.ALLOWED_HOSTS = STRONG, ["crm.example.jp"]
    return settings


def found(messages) -> list[str]:
    return [message.id for message in messages]


def test_a_safe_server_starts(server):
    assert checks.a_server_is_safe(None) == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("SECRET_KEY", "short", "enishi.E002"),
        ("SECRET_KEY", "a" * 60, "enishi.E002"),
        ("DEBUG", True, "enishi.E003"),
        ("ALLOWED_HOSTS", ["*"], "enishi.E004"),
        ("ALLOWED_HOSTS", ["crm.example.jp", "*.example.jp"], "enishi.E004"),
    ],
)
def test_an_unsafe_setting_is_named(server, name, value, error):
    setattr(server, name, value)

    assert found(checks.a_server_is_safe(None)) == [error]


def test_trying_it_out_asks_for_none_of_that(server):
    server.MODE, server.SECRET_KEY, server.DEBUG = "try", "short", True

    assert checks.a_server_is_safe(None) == []


def test_the_application_may_not_be_a_superuser(server, monkeypatch, db):
    assert found(checks.the_database_keeps_its_promises(None, databases=["default"])) == []

    class Superuser:
        """Answers as the database does to a superuser, with working trigrams."""

        answers = [(True,), (5,)]

        def cursor(self):
            return self

        def __enter__(self):
            return self

        def __exit__(self, *problem):
            return None

        def execute(self, sql):
            return None

        def fetchone(self):
            return self.answers.pop(0)

    monkeypatch.setattr(checks, "connection", Superuser())
    assert found(checks.the_database_keeps_its_promises(None, databases=["default"])) == ["enishi.E005"]


def test_one_error_is_enough_not_to_start(server, db, capsys):
    server.DEBUG = True

    with pytest.raises(SystemExit, match="does not start"):
        checks.refuse_to_start()

    assert "DEBUG must be off" in capsys.readouterr().err
