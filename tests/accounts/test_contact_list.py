"""The list of people at customers: who stands there, in which order, and how it is narrowed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import companies, contacts, moving
from accounts.models import Contact
from crm.lib import names
from staff.custom import definitions, values
from tests.factories import make_company

HTMX = {"HX-Request": "true"}


def add(company, by, name="", **more):
    return contacts.create_contact(company, {"name": name, **more}, by=by)


@pytest.fixture
def people(sato, tanaka):
    """Four at two customers: 森 and 森下 with their kana, 山田 without, Smith in Latin letters."""
    aomine = make_company("青嶺精工株式会社", owner=sato)
    minato = make_company("みなと物流株式会社", owner=tanaka)
    return [
        add(aomine, sato, "森下 愛", kana="モリシタ アイ", decision_role="decides", mobile="090-1111-2222"),
        add(aomine, sato, "森 太郎", kana="モリ タロウ", title="工場長"),
        add(minato, tanaka, "山田 花子", email="hanako@minato.example"),
        add(minato, tanaka, "John Smith"),
    ]


def rows(client, **asked):
    found = client.get(reverse("accounts:contacts"), asked).context["page"].rows
    return [f"{person.family_name} {person.given_name}" for person in found]


def test_people_stand_in_the_order_of_their_readings(client, people, sato):
    client.force_login(sato)

    # 山田 is read ヤマダ though nobody said so; Latin letters come before kana.
    assert rows(client) == ["Smith John", "森 太郎", "森下 愛", "山田 花子"]
    assert rows(client, sort="newest") == ["Smith John", "山田 花子", "森 太郎", "森下 愛"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "もりした"}, ["森下 愛"]),
        ({"q": "09011112222"}, ["森下 愛"]),
        ({"q": "hanako@minato"}, ["山田 花子"]),
        ({"owner": "me"}, ["森 太郎", "森下 愛"]),
        ({"owner": "none"}, []),
        ({"role": "decides"}, ["森下 愛"]),
        ({"role": "nobody"}, ["Smith John", "森 太郎", "森下 愛", "山田 花子"]),
        ({"work": "left"}, ["山田 花子"]),
        ({"work": "there"}, ["Smith John", "森 太郎", "森下 愛"]),
    ],
)
def test_the_list_is_narrowed(client, people, sato, asked, found):
    moving.leave(people[2], on=timezone.localdate(), seen=people[2].version, by=sato)
    client.force_login(sato)

    assert rows(client, **asked) == found


def test_who_leaves_tomorrow_still_works_there_today(client, people, sato):
    moving.leave(people[2], on=timezone.localdate() + timedelta(days=1), seen=people[2].version, by=sato)
    client.force_login(sato)

    assert "山田 花子" in rows(client, work="there")
    assert rows(client, work="left") == []


def test_people_of_companies_that_one_may_not_see_are_not_there(client, people, sato, tanaka):
    companies.restrict(people[2].company, [], [], by=tanaka)
    client.force_login(sato)

    assert rows(client) == ["森 太郎", "森下 愛"]
    assert rows(client, q="山田") == []


def test_own_fields_narrow_and_sort_people_and_say_what_stands_there(client, people, sato, ito):
    given = {"name_ja": "年賀状", "name_en": "Cards", "purpose": "挨拶に行くため", "owner": ito}
    rank = definitions.add("contact", "number", given, by=ito)
    for person, number in ((people[0], 3), (people[2], 12)):
        values.change("contact", person, {rank: number}, {}, by=sato)
    client.force_login(sato)

    assert rows(client, **{f"{rank.key}_from": "5"}) == ["山田 花子"]
    assert rows(client, sort=f"-{rank.key}")[:2] == ["山田 花子", "森下 愛"]
    page = client.get(reverse("accounts:contacts"), {"sort": rank.key})
    assert "年賀状: 12" in page.text
    offered = client.get(reverse("accounts:contacts-filters"), headers=HTMX).text
    assert f'name="{rank.key}_from"' in offered or f"name={rank.key}_from" in offered


def test_a_search_and_a_filter_keep_the_order(client, people, sato, ito):
    given = {"name_ja": "年賀状", "name_en": "Cards", "purpose": "挨拶に行くため", "owner": ito}
    rank = definitions.add("contact", "number", given, by=ito)
    client.force_login(sato)

    for sort in (f"-{rank.key}", "quiet"):
        page = client.get(reverse("accounts:contacts"), {"sort": sort})
        assert f'name="sort" value="{sort}"' in page.text or f"name=sort value={sort}" in page.text
    dialog = client.get(reverse("accounts:contacts-filters"), {"sort": "quiet"}, headers=HTMX).text
    assert 'value="quiet"' in dialog or "value=quiet" in dialog


def test_whoever_sells_adds_a_person_and_names_the_company(client, people, sato):
    client.force_login(sato)
    company = people[0].company

    unknown = client.post(reverse("accounts:person-new"), {"company": "無い会社", "name": "杉田 玄"})
    assert unknown.status_code == 422
    assert "杉田 玄" in unknown.text

    client.post(reverse("accounts:person-new"), {"company": company.name, "name": "杉田 玄", "title": "部長"})
    made = Contact.objects.get(family_name="杉田")
    assert (made.company, made.given_name, made.title) == (company, "玄", "部長")


def test_no_one_is_added_to_a_company_that_one_may_not_see(client, people, sato, tanaka):
    companies.restrict(people[2].company, [], [], by=tanaka)
    client.force_login(sato)

    answer = client.post(
        reverse("accounts:person-new"), {"company": people[2].company.name, "name": "杉田 玄"}
    )

    assert answer.status_code == 422
    assert not Contact.objects.filter(family_name="杉田").exists()


def test_the_order_follows_a_name_that_is_corrected(people, sato):
    changed = contacts.edit_contact(people[1], {"family_kana": "アリ"}, {"family_kana": "モリ"}, by=sato)

    assert Contact.objects.get(pk=changed.pk).sort_key == "アリ タロウ"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (("森", "太郎", "モリ", "タロウ"), "モリ タロウ"),
        (("山田", "花子", "", ""), "ヤマダ 花子"),
        (("渡邉", "", "", ""), "ワタナベ"),
        (("ヤマダ", "ハナコ", "", ""), "ヤマダ ハナコ"),
        (("Smith", "John", "", ""), "smith john"),
    ],
)
def test_the_key_is_the_reading_where_one_is_known(name, key):
    assert names.person_sort_key(*name) == key
