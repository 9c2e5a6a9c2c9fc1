from datetime import UTC, date, datetime

import pghistory
import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, transaction

from accounts.models import Company, MatchKey
from leads.models import AssignmentRule
from staff import bulk
from staff.models import Event

pytestmark = pytest.mark.django_db

AT = datetime(2026, 7, 14, 9, 30, 0, 123456, tzinfo=UTC)
AWKWARD = 'タブ\tと\\N、改行\n、"引用"、{括弧}、\r\\.'


def a_company(n, owner=None):
    return Company(
        name=f"株式会社{n}", name_key=f"{n}", notes=AWKWARD, employees=n or None, changed_on=date(2026, 4, 1),
        owner=owner, created_at=AT, search_text="a\\b", search_grams=["株", '"', "\\", "a,b", "}", "\t", ""],
    )  # fmt: skip


def history_of(rows):
    model = apps.get_model("accounts", "CompanyEvent")
    own = {"pgh_id", "pgh_obj_id", "id", "name", "name_key", "pgh_context_id"}
    found = model.objects.filter(pgh_obj_id__in=[row.pk for row in rows]).order_by("pgh_id")
    return [{k: v for k, v in row.items() if k not in own} for row in found.values()]


@pytest.fixture
def copied(monkeypatch):
    """Also the few rows of a test go by COPY."""
    monkeypatch.setattr(bulk, "FEW", 0)


def test_copied_rows_are_the_same_as_saved_ones(copied, sato):
    saved, [made] = a_company(7, sato), bulk.create([a_company(7, sato)])
    Company.objects.bulk_create([saved])

    one, other = (Company.objects.filter(pk=row.pk).values().get() for row in (saved, made))
    assert one | {"id": 0} == other | {"id": 0}
    assert other["notes"] == AWKWARD
    assert other["search_grams"] == ["株", '"', "\\", "a,b", "}", "\t", ""]
    assert other["created_at"] == AT


def test_their_row_history_is_the_same_with_its_context(copied, sato):
    with transaction.atomic(), pghistory.context(user=sato.pk, reason="list"):
        made = bulk.create([a_company(1), a_company(2)])
    with transaction.atomic(), pghistory.context(user=sato.pk, reason="list"):
        saved = [Company.objects.bulk_create([a_company(n)])[0] for n in (1, 2)]

    assert len(history_of(made)) == 2
    assert history_of(made) == history_of(saved)
    assert history_of(made)[0]["pgh_context"] == {"user": sato.pk, "reason": "list"}
    assert history_of(made)[0]["pgh_label"] == "insert"


def test_ids_follow_the_order_of_the_rows(copied):
    made = bulk.create([a_company(n) for n in range(5)])

    assert [company.pk for company in made] == sorted(company.pk for company in made)
    assert Company.objects.get(pk=made[3].pk).name == "株式会社3"
    assert Company.objects.create(name="次").pk > made[4].pk


def test_a_clash_is_an_integrity_error(copied):
    with pytest.raises(IntegrityError, match="corporate_number_names_one_company"), transaction.atomic():
        bulk.create([Company(name=n, corporate_number="7000012050002") for n in "ab"])

    assert not Company.objects.exists()


def test_rows_without_objects_have_the_defaults(copied):
    [company] = bulk.create([a_company(1)])
    bulk.store(MatchKey, ["kind", "value", "company_id"], [("name", AWKWARD, company.pk)])
    bulk.store(
        Event, ["kind", "actor_id", "happened_at", "subject_type", "subject_id"], [("x", 1, AT, "y", 2)]
    )

    assert MatchKey.objects.values_list("value", "contact").get() == (AWKWARD, None)
    event = Event.objects.get()
    assert (event.before, event.data, event.request_id, event.address) == ({}, {}, "", None)
    assert event.recorded_at is not None


def test_changed_rows_keep_every_kind_of_value(sato):
    company = Company.objects.create(name="前")
    after = a_company(9, sato)
    after.pk, after.name = company.pk, AWKWARD
    names = ["name", "notes", "employees", "changed_on", "owner", "created_at", "search_grams", "search_text"]
    bulk.change([after], names)

    there = Company.objects.get(pk=company.pk)
    for name in names:
        assert getattr(there, name) == getattr(after, name), name
    assert [row["pgh_label"] for row in history_of([company])] == ["insert", "update"]


def test_lists_of_texts_and_settings_are_copied_too(copied):
    [rule] = bulk.create([AssignmentRule(name="東", position=1, prefectures=["東京都", "千葉県"])])

    assert AssignmentRule.objects.get(pk=rule.pk).prefectures == ["東京都", "千葉県"]
    assert AssignmentRule.objects.get(pk=rule.pk).industries == []


def test_nothing_to_write_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert bulk.create([]) == []
        bulk.store(MatchKey, ["kind"], [])
        bulk.change([], ["name"])


def test_a_new_row_is_as_if_the_model_had_made_it(sato):
    given = {"name": "青嶺精工", "owner": sato, "employees": 12, "created_at": AT}
    one, other = bulk.new(Company, **given), Company(**given)

    assert attributes(one) == attributes(other)
    assert (one._state.adding, one.owner, one.owner_id) == (True, sato, sato.pk)
    assert attributes(bulk.new(Event, kind="x")) == attributes(Event(kind="x"))
    assert bulk.new(Company).search_grams is not bulk.new(Company).search_grams
    with pytest.raises(FieldDoesNotExist):
        bulk.new(Company, nmae="青嶺精工")


def attributes(row):
    return {k: v for k, v in vars(row).items() if k != "_state"} | {"created_at": None}


def test_a_row_read_in_part_reads_the_rest_when_asked(django_assert_num_queries):
    [company] = bulk.create([a_company(3)])
    [row] = bulk.stored(
        Company, ["id", "name"], Company.objects.filter(pk=company.pk).values_list("id", "name")
    )

    with django_assert_num_queries(0):
        assert (row.pk, row.name, row._state.adding, row == company) == (company.pk, "株式会社3", False, True)
    with django_assert_num_queries(1):
        assert row.notes == AWKWARD


def test_an_array_says_every_text_as_it_is():
    texts = ["株", '"', "\\", "a,b", "}", "\t", "", "NULL", AWKWARD]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[], %s::text[]", [bulk.array(texts), bulk.array([])])
        assert cursor.fetchone() == (texts, [])
