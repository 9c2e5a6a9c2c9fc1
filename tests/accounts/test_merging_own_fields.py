"""Fields of the company's own in merges: filled, picked, given back, asked about like the built-in ones."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from accounts import merging
from accounts.merging.asking import in_words
from leads.models import Lead
from staff.custom import definitions, values
from staff.models import CustomField
from tests.factories import make_company, make_contact, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(sato):
    return make_company("青嶺精工株式会社", owner=sato), make_company("㈱青嶺精工", owner=sato)


@pytest.fixture
def ground(ito):
    """用途 (text) and 設備予算 (money) of companies, and 旧区分, which was retired."""
    texts = [add(ito, "company", "text", "用途"), add(ito, "company", "money", "設備予算")]
    return [*texts, add(ito, "company", "text", "旧区分")]


def add(ito, subject, kind, name) -> CustomField:
    given = {"name_ja": name, "name_en": name, "purpose": "提案書を選ぶため", "owner": ito}
    return definitions.add(subject, kind, given, by=ito)


def put(record, by, **named: Any) -> None:
    for name, value in named.items():
        field = CustomField.objects.get(name_ja=name)
        values.change(field.subject, record, {field: value}, {}, by=by)


def held(record) -> dict[str, Any]:
    found = values.read(str(record._meta.model_name), [record.pk])[record.pk]
    return {str(CustomField.objects.get(pk=pk)): value for pk, value in found.items()}


def test_the_winner_takes_what_it_lacks_and_keeps_its_own(two, ground, sato, ito):
    winner, loser = two
    put(winner, sato, 用途="検査")
    put(loser, sato, 用途="包装", 設備予算=300, 旧区分="A")
    definitions.set_retired(ground[2], True, by=ito)

    made = merging.merge(winner, loser, by=sato)

    assert held(winner) == {"用途": "検査", "設備予算": 300, "旧区分": "A"}
    assert held(loser) == {"用途": "包装", "設備予算": 300, "旧区分": "A"}
    merging.unmerge(made, by=sato)
    assert held(winner) == {"用途": "検査"}
    assert held(loser) == {"用途": "包装", "設備予算": 300, "旧区分": "A"}


def test_people_and_leads_take_theirs_too(ground, two, sato, ito):
    add(ito, "contact", "text", "趣味")
    add(ito, "lead", "yes_no", "来場")
    people = [make_contact(two[0], "小林", "直樹"), make_contact(two[0], "小林", "直樹")]
    leads = [make_lead(sato), make_lead(sato)]
    put(people[1], sato, 趣味="登山")
    put(leads[1], sato, 来場=False)

    merging.merge(*people, by=sato)
    made = merging.merge(*leads, by=sato)

    assert (held(people[0]), held(leads[0])) == ({"趣味": "登山"}, {"来場": False})
    merging.unmerge(made, by=sato)
    assert (held(leads[0]), held(Lead.objects.get(pk=leads[1].pk))) == ({}, {"来場": False})


def test_a_branch_that_becomes_a_site_gives_nothing_to_the_company(two, ground, sato):
    put(two[1], sato, 用途="包装")

    merging.make_site(two[1], two[0], by=sato)

    assert held(two[0]) == {}


def test_the_two_are_picked_side_by_side(client, two, ground, sato, watanabe):
    winner, loser = two
    put(winner, sato, 用途="検査", 設備予算=1_280_000)
    put(loser, sato, 用途="包装", 設備予算=1_280_000)
    client.force_login(watanabe)
    url = reverse("accounts:merge-new", args=["company", winner.pk, loser.pk])
    page = client.get(url).content.decode()
    rows = re.findall(r'<th scope="row"[^>]*>(用途|設備予算)</th>', page)

    client.post(url, {"stays": "a", f"pick-{ground[0].key}": "b"})

    assert rows == ["用途", "設備予算"]
    assert f'name="pick-{ground[0].key}"' in page
    assert f'name="pick-{ground[1].key}"' not in page, "they say the same"
    assert held(winner) == {"用途": "包装", "設備予算": 1_280_000}


@pytest.mark.parametrize(("answer", "of_winner", "of_loser"), [("winner", 500, 300), ("loser", None, 500)])
def test_what_was_edited_since_is_asked_about(two, ground, sato, answer, of_winner, of_loser):
    winner, loser = two
    put(loser, sato, 設備予算=300)
    made = merging.merge(winner, loser, by=sato)
    put(winner, sato, 設備予算=500)

    with pytest.raises(merging.NeedsAnswers) as needed:
        merging.unmerge(made, by=sato)
    question = needed.value.questions[0]
    asked = in_words(made, [question], sato)[0]
    merging.unmerge(made, by=sato, answers={question.key: answer})

    assert asked.label == "設備予算"
    assert [(option.winner, option.loser) for option in asked.options] == [("¥500", "¥300"), ("—", "¥500")]
    assert [held(one).get("設備予算") for one in (winner, loser)] == [
        of_winner,
        of_loser and Decimal(of_loser),
    ]
