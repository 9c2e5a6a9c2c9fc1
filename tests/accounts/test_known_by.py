"""What a company is known by beside its fields: people see where it came from, add to it, and strike out what is wrong."""

from datetime import date

import pytest
from django.urls import reverse

from accounts import companies, known_by, matching, merging
from accounts.models import CompanyName, DuplicatePair, FurtherValue
from integrations.imports import undoing
from staff import relay, search
from staff.models import Event
from tests.factories import criterion, make_lead
from tests.integrations.lists import checked, run

HTMX = {"HX-Request": "true"}
TODAY = date(2026, 11, 23)
LIST = "会社名,会社名カナ,代表電話,URL\n青嶺精工,セイレイセイコウ,03-3356-1234,aomine.jp\n"


@pytest.fixture
def aomine(sato):
    return companies.create_company(
        {
            "name": "青嶺精工株式会社",
            "kana": "アオミネセイコウ",
            "phone": "0263-22-1111",
            "domain": "aomine.jp",
            "owner": sato,
        },
        by=sato,
    )


def sure(**values):
    return [m.record for m in matching.find_companies(matching.Candidate(**values)) if m.is_certain]


def shown(company, user):
    return [
        (row.label, row.text, row.origin and (row.origin.text, bool(row.origin.url)))
        for row in known_by.shown(company, user)
    ]


def value(company, kind):
    return FurtherValue.objects.get(company=company, kind=kind)


def test_the_page_tells_each_name_and_value_with_the_list_or_merge_that_brought_it(
    client, aomine, sato, watanabe
):
    run(checked(LIST, watanabe, kind="companies"), watanabe)
    other = companies.create_company({"name": "アオミネ", "phone": "052-123-4567", "owner": sato}, by=sato)
    merging.merge_companies(aomine, other, by=watanabe)
    client.force_login(watanabe)
    client.post(
        reverse("accounts:known-addition", args=[aomine.pk]), {"kind": "former", "typed": "青嶺鉄工所"}
    )
    listed, merged = ("一覧 展示会.csv", True), ("アオミネ の統合", True)
    today = f"{known_by.timezone.localdate():%Y/%-m/%-d}"

    assert sorted(shown(aomine, watanabe)) == sorted([
        ("別名・略称", "アオミネ", merged),
        (f"旧社名（{today}まで）", "青嶺鉄工所", (watanabe.full_name, False)),
        ("カナの読み", "セイレイセイコウ", listed),
        ("電話番号", "03-3356-1234", listed),
        ("電話番号", "052-123-4567", merged),
    ])  # fmt: skip
    page = client.get(aomine.get_absolute_url())
    assert page.context["company"].known_count == 5
    known_by.strike(aomine.former_names.get(name="アオミネ"), by=sato)
    assert "アオミネ" not in [row.text for row in known_by.shown(aomine, sato) if not row.is_struck]
    # Who brings no lists in sees that it was one, and not which.
    assert ("電話番号", "03-3356-1234", ("取り込んだ一覧", False)) in shown(aomine, sato)


def test_what_a_lead_brought_names_the_lead_to_those_who_may_see_it(client, aomine, sato, tanaka):
    lead = make_lead(sato, "青嶺精工株式会社", phone="+81335551234")
    client.force_login(sato)
    topic = criterion("topic")

    client.post(
        reverse("leads:lead-deal", args=[lead.pk]),
        {"seen": lead.version, "deal_name": "検査", "company": str(aomine.pk), f"answer_{topic.pk}": "更新"},
    )

    assert shown(aomine, sato) == [("電話番号", "03-3555-1234", ("リード", True))]
    assert shown(aomine, tanaka) == [("電話番号", "03-3555-1234", ("リード", False))]


def test_a_struck_value_finds_nothing_and_its_list_does_not_bring_it_again(aomine, sato, watanabe):
    run(checked(LIST, watanabe, kind="companies"), watanabe)
    asked = {"name": "青嶺精工", "phone": "03-3356-1234"}
    assert sure(**asked) == [aomine]

    for kind in ("phone", "company_kana"):
        known_by.strike(value(aomine, kind), by=sato)

    assert sure(**asked) == []
    assert [e.data["name"] for e in Event.objects.filter(kind="company.struck").order_by("pk")] == [
        "03-3356-1234",
        "セイレイセイコウ",
    ]
    batch = run(checked(LIST + "\n", watanabe, kind="companies"), watanabe)
    assert [row.outcome for row in batch.rows.all()] == ["unchanged"]
    assert sure(**asked) == []
    assert not aomine.further_values.in_use().exists()


def test_a_struck_value_does_not_fill_the_field_either(aomine, sato):
    companies.append(aomine, {"phone": "03-3356-1234", "kana": "セイレイ"}, by=sato)
    for kind in ("phone", "company_kana"):
        known_by.strike(value(aomine, kind), by=sato)
    companies.edit_company(
        aomine, {"phone": "", "kana": ""}, {"phone": "+81263221111", "kana": "アオミネセイコウ"}, by=sato
    )

    again = companies.append_each([(aomine, {"phone": "03-3356-1234", "kana": "セイレイ"})], by=sato)

    assert [told.is_news for told in again] == [False]
    aomine.refresh_from_db()
    assert (aomine.phone, aomine.kana) == ("", "")


def test_a_struck_name_is_found_by_nobody_and_put_back_it_is_again(aomine, sato):
    companies.append(aomine, {"name": "ブルーリッジ"}, by=sato)
    row = CompanyName.objects.get(company=aomine)

    def found():
        aomine.refresh_from_db()
        return bool(search.matching(type(aomine).objects.all(), "ブルーリッジ")), sure(
            name="ブルーリッジ", phone="0263-22-1111"
        )

    assert found() == (True, [aomine])

    known_by.strike(row, by=sato)
    assert found() == (False, [])
    known_by.strike(row, by=sato)  # once more does nothing
    known_by.put_back(row, by=sato)

    assert found() == (True, [aomine])
    kinds = Event.objects.filter(company_id=aomine.pk).order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["company.struck", "company.known_by_more"]


def test_striking_takes_back_the_question_that_the_value_had_raised(aomine, sato):
    other = companies.create_company({"name": "港南商会", "phone": "03-3356-1234"}, by=sato)
    row = known_by.add(aomine, "name", "港南商会", by=sato, today=TODAY)
    pair = DuplicatePair.objects.get()
    assert {pair.company_a, pair.company_b} == {aomine, other}

    known_by.strike(row, by=sato)

    assert not DuplicatePair.objects.exists()


def test_an_earlier_name_written_down_by_hand_finds_the_company(aomine, sato):
    row = known_by.add(aomine, "former", " 青嶺鉄工所 ", by=sato, today=TODAY)

    assert (row.name, row.until) == ("青嶺鉄工所", TODAY)
    reasons = matching.find_companies(matching.Candidate(name="青嶺鉄工所"))[0].reasons
    assert [reason["key"] for reason in reasons] == ["former"]
    assert list(search.matching(type(aomine).objects.all(), "青嶺鉄工所")) == [aomine]
    with pytest.raises(known_by.KnownAlready):
        known_by.add(aomine, "former", "青嶺鉄工所", by=sato, today=TODAY)
    known_by.strike(row, by=sato)
    assert known_by.add(aomine, "former", "青嶺鉄工所", by=sato, today=TODAY) == row
    assert CompanyName.objects.in_use().get() == row


def test_a_struck_name_that_becomes_the_companys_own_and_is_given_up_is_a_former_one(aomine, sato):
    known_by.strike(known_by.add(aomine, "name", "青嶺", by=sato, today=TODAY), by=sato)

    companies.edit_company(aomine, {"name": "青嶺"}, {"name": aomine.name}, by=sato)
    companies.edit_company(aomine, {"name": "青峰"}, {"name": "青嶺"}, by=sato)

    assert set(aomine.former_names.in_use().values_list("name", flat=True)) == {"青嶺精工株式会社", "青嶺"}


def test_an_undone_import_leaves_what_was_struck_struck(aomine, sato, watanabe):
    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)
    known_by.strike(value(aomine, "phone"), by=sato)

    undoing.begin(batch, by=watanabe, seen=batch.version)
    relay.drain()
    run(checked(LIST + "\n", watanabe, kind="companies"), watanabe)

    assert sure(name="青嶺精工", phone="03-3356-1234") == []


def test_who_may_not_edit_the_company_sees_it_and_strikes_nothing(client, aomine, sato, tanaka):
    row = known_by.add(aomine, "phone", "03-3356-1234", by=sato, today=TODAY)
    client.force_login(tanaka)
    page = client.get(reverse("accounts:company-known", args=[aomine.pk]), headers=HTMX)

    refused = client.post(reverse("accounts:known-removal", args=[aomine.pk, "values", row.pk]))

    assert "03-3356-1234" in page.content.decode()
    assert "removal" not in page.content.decode()
    assert refused.status_code == 403
    row.refresh_from_db()
    assert row.struck_at is None


def test_striking_on_the_page_shows_the_list_without_it_and_a_way_back(client, aomine, sato):
    row = known_by.add(aomine, "phone", "03-3356-1234", by=sato, today=TODAY)
    client.force_login(sato)
    url = reverse("accounts:known-removal", args=[aomine.pk, "values", row.pk])

    answer = client.post(url, headers=HTMX)

    back = reverse("accounts:known-restoration", args=[aomine.pk, "values", row.pk])
    assert answer.context["known"] == []
    assert [told.text for told in answer.context["struck"]] == ["03-3356-1234"]
    assert f'hx-post="{back}"' in answer.content.decode()
    assert client.post(back, headers=HTMX)["HX-Trigger"] == '{"known-changed": {"target": "body"}}'
    row.refresh_from_db()
    assert row.struck_at is None
    assert client.post(reverse("accounts:known-removal", args=[aomine.pk, "x", row.pk])).status_code == 404
