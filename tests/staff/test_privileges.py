import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Company

pytestmark = pytest.mark.django_db


def test_no_session_can_have_the_row_history_look_away():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger%%'")
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(names) + "}"])
    company = Company.objects.create(name="青嶺精工")
    Company.objects.filter(pk=company.pk).update(name="青嶺精工株式会社")

    history = apps.get_model("accounts", "CompanyEvent").objects.filter(pgh_obj=company.pk)
    assert list(history.order_by("pgh_id").values_list("pgh_label", "name")) == [
        ("insert", "青嶺精工"),
        ("update", "青嶺精工株式会社"),
    ]
