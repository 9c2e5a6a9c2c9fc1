"""Statements that are planned once a connection answer as all others do."""

import pghistory
import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from crm.lib import prepared

pytestmark = pytest.mark.django_db
TEXT = "SELECT n + %s::int FROM generate_series(1, %s) AS n"


def test_rows_are_those_of_the_statement():
    assert prepared.rows(TEXT, [10, 2]) == [(11,), (12,)]
    assert prepared.rows(TEXT, [20, 1]) == [(21,)]


def test_its_plan_is_kept():
    for n in range(3):
        prepared.rows(TEXT, [n, 1])

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT n + $1::int%%'", []
        )
        assert cursor.fetchone() == (1,)


def test_row_history_puts_nothing_in_front_of_it():
    with pghistory.context(user=1):
        assert prepared.rows(TEXT, [1, 1]) == [(2,)]
    assert prepared.rows(TEXT, [1, 1]) == [(2,)]


def test_it_counts_as_a_statement():
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert prepared.rows(TEXT, [1, 1]) == [(2,)]

    assert len(asked) == 1


def test_its_errors_are_those_of_django():
    with pytest.raises(ProgrammingError), transaction.atomic():
        prepared.rows("SELECT nothing FROM nowhere", [])
    assert prepared.rows(TEXT, [1, 1]) == [(2,)]
