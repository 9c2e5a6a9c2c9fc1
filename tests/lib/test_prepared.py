"""Statements that are planned once a connection answer as all others do."""

import pghistory
import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from crm.lib import prepared
from staff.middleware import KeptPlans
from staff.models import Team

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


def ask_for_teams(*order: str) -> int:
    """Asks for some teams in an order that no page wants. Gives how many plans the connection keeps for that."""
    for name in ("全社", "営業部", "営業一課", "営業二課"):
        asked = Team.objects.filter(name=name).order_by(*order)
        list(asked)
    _before, _by, text = str(asked.query).partition("ORDER BY")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{text}"])
        return cursor.fetchone()[0]


def test_what_a_request_only_reads_is_planned_once():
    with prepared.plans():
        assert ask_for_teams("-path", "name", "-pk") == 1


def test_outside_everything_is_as_before():
    before = connection.connection.cursor_factory
    with pytest.raises(RuntimeError), prepared.plans():
        raise RuntimeError

    assert connection.connection.cursor_factory is before
    assert ask_for_teams("-path", "-name", "-pk") == 0


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_requests_that_read_keep_plans(rf, method):
    seen = []

    def view(request):
        seen.append(connection.connection.cursor_factory)
        return HttpResponse()

    connection.ensure_connection()
    KeptPlans(view)(getattr(rf, method)("/"))

    assert (seen == [ServerBindingCursor]) is (method == "get")
