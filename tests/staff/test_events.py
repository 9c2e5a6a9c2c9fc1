import pytest
from django.db import DatabaseError, connection, transaction

from staff import events
from staff.models import Event
from tests.factories import make_company


def test_the_application_may_neither_change_nor_delete_nor_empty_an_event(sato):
    event = events.record("company.created", make_company(), by=sato)

    for sql in (
        f"UPDATE staff_event SET kind = 'x' WHERE id = {event.pk}",
        f"DELETE FROM staff_event WHERE id = {event.pk}",
        "TRUNCATE staff_event",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert Event.objects.get(pk=event.pk).kind == "company.created"
