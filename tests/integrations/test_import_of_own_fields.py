"""Fields of the company's own in lists: proposed, read with care, mended in place, filled, exported, and taken back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Company, Contact
from integrations import exports
from integrations.imports import cleaning, columns, deciding, own_cells
from leads.models import Lead
from pipeline.models import Deal
from staff.custom import definitions, values
from staff.models import CustomField, CustomValue
from tests.integrations.lists import checked, read, run

pytestmark = pytest.mark.django_db


def add(ito, subject, kind, name, english="", **more) -> CustomField:
    given = {"name_ja": name, "name_en": english or name, "purpose": "提案書を選ぶため", "owner": ito}
    return definitions.add(subject, kind, {**given, **more}, by=ito)


def held(record) -> dict[str, Any]:
    found = values.read(str(record._meta.model_name), [record.pk])[record.pk]
    return {CustomField.objects.get(pk=pk).name_ja: value for pk, value in found.items()}


@pytest.fixture
def ground(ito):
    return [
        add(ito, "company", "money", "年間設備予算", "Annual budget"),
        add(ito, "company", "choice", "ランク", "Rank", choices=["A", "B", "なし"]),
        add(ito, "contact", "yes_no", "年賀状", "New year's card"),
    ]


LIST = (
    "会社名,代表電話,氏名,年間設備予算(千円),ランク,年賀状\n"
    "東雲フーズ株式会社,03-1357-2468,村上 由佳,1200,Ａ,○\n"
    "みなと物流株式会社,045-123-4567,成田 翔,128万円,なし,なし\n"
)


def test_a_list_of_companies_fills_the_fields_of_companies_and_people(ground, watanabe):
    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)

    assert [column["field"] for column in batch.columns][3:] == [field.key for field in ground]
    foods, harbour = Company.objects.order_by("pk")
    assert held(foods) == {"年間設備予算": 1_200_000, "ランク": "A"}
    assert held(harbour) == {"年間設備予算": 1_280_000, "ランク": "なし"}
    assert [held(person) for person in Contact.objects.order_by("pk")] == [{"年賀状": True}, {"年賀状": False}]


def test_the_same_list_again_changes_nothing(ground, watanabe):
    run(checked(LIST, watanabe, kind="companies"), watanabe)
    before = list(CustomValue.objects.order_by("pk").values())

    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)

    assert list(CustomValue.objects.order_by("pk").values()) == before
    assert batch.counts["made"] == {"unchanged": 2}
