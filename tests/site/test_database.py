"""The ground under the tests: they run as the application's role, and each finds the base rows and no others."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.utils import ProgrammingError

from tests.database import Clones


def run(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


@pytest.mark.django_db
def test_tests_run_as_the_application() -> None:
    assert run("SELECT current_user") == "enishi_app"
    assert (
        run("SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        is False
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["CREATE TABLE notes ()", "CREATE TEMPORARY TABLE notes ()", "TRUNCATE staff_user CASCADE"]
)
def test_what_the_application_may_not_do_tests_may_not_either(statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied|must be owner"):
        run(statement)


@pytest.mark.django_db
def test_japanese_words_have_trigrams() -> None:
    assert run("SELECT array_length(show_trgm('株式会社山田商店'), 1)") == 9


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next_and_base_rows_are_back(turn: int) -> None:
    assert run("SELECT to_regclass('staff_user') IS NOT NULL")
    assert ContentType.objects.exists()
    assert not get_user_model().objects.filter(email="left@behind.example").exists()

    ContentType.objects.create(app_label="left", model="behind")
    get_user_model().objects.filter(is_system=True).update(email="left@behind.example")


@pytest.mark.django_db
def test_each_worker_has_a_database_of_its_own(clones: Clones, worker_id: str) -> None:
    assert run("SELECT current_database()") == clones.name == f"test_{worker_id}"


def test_valkey_is_empty(valkey: Any) -> None:
    assert valkey.dbsize() == 0
    valkey.set("left", "behind")
    assert valkey.url.startswith("redis+socket://")
