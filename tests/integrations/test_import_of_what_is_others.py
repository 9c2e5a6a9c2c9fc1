"""A list fills what whoever brings it may change by hand: fields of the product and of the company's own alike."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from accounts import companies, matching
from accounts.models import Company, CompanyName, Contact, FurtherValue
from leads.models import Lead
from staff.custom import definitions
from staff.models import Event
from tests.factories import make_company, make_lead, make_team, make_user
from tests.integrations.lists import checked, run
from tests.integrations.test_import_of_own_fields import held

pytestmark = pytest.mark.django_db

LIST = "会社名,代表電話,ホームページ,業種,都道府県,市区町村,番地,ランク,氏名\n東雲フーズ株式会社,03-1357-2468,shinonome.example,食品,東京都,港区,芝1-2-3,A,村上 由佳\n"
WHY = "変更できるのは担当者とその上長です。"


@pytest.fixture
def elsewhere():
    """A colleague of a team that is not Watanabe's."""
    return make_user("mori@enishi.example", make_team("名古屋営業所"), family_name="森")


@pytest.fixture
def rank(ito):
    given = {"name_ja": "ランク", "name_en": "Rank", "purpose": "訪問の頻度を決めるため", "owner": ito}
    return definitions.add("company", "choice", given | {"choices": ["A", "B"]}, by=ito)


@pytest.fixture
def theirs(elsewhere):
    company = make_company("東雲フーズ株式会社", phone="+81313572468", owner=elsewhere)
    companies.recompute([company])
    return company


def test_fields_of_both_kinds_stay_and_the_line_says_why(theirs, rank, watanabe):
    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)

    row = batch.rows.get()
    theirs.refresh_from_db()
    assert (row.company, held(theirs)) == (theirs, {})
    assert (theirs.domain, theirs.industry, theirs.address, theirs.version) == ("", "", "", 1)
    assert row.reason == f"ドメイン、業種、住所、ランクは入力していません:{WHY}"
    assert batch.counts["made"]["not_filled"] == 1
    assert not Event.objects.filter(kind="company.appended").exists()
    # People are added to every company that one sees, and the next list finds it by what this one said.
    assert Contact.objects.get().company == theirs
    told = set(FurtherValue.objects.values_list("kind", "value"))
    assert told == {("domain", "shinonome.example"), ("address", "東京都港区芝1-2-3")}
    [found] = matching.find_many([matching.Candidate(name="東雲フーズ", domain="shinonome.example")])
    assert [(match.record, match.is_certain) for match in found] == [(theirs, True)]


def test_who_may_edit_the_company_fills_both_kinds(theirs, rank, watanabe, ito):
    Company.objects.filter(pk=theirs.pk).update(owner=None)

    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)

    theirs.refresh_from_db()
    assert (theirs.domain, theirs.industry, held(theirs)) == ("shinonome.example", "食品", {"ランク": "A"})
    assert (batch.rows.get().reason, "not_filled" in batch.counts["made"]) == ("", False)


def test_a_later_name_of_somebody_elses_company_is_one_it_is_known_by(theirs, watanabe):
    Company.objects.filter(pk=theirs.pk).update(changed_on=date(2025, 4, 1))

    [told] = companies.append_each(
        [(theirs, {"name": "東雲ホールディングス株式会社", "changed_on": date(2026, 4, 1)})], by=watanabe
    )

    theirs.refresh_from_db()
    assert (theirs.name, theirs.changed_on) == ("東雲フーズ株式会社", date(2025, 4, 1))
    assert (told.is_news, set(told.left), told.refusal) == (True, {"name", "changed_on"}, WHY)
    known = CompanyName.objects.get()
    assert (known.name, known.until) == ("東雲ホールディングス株式会社", None)


def test_the_same_list_again_says_the_same_and_adds_nothing(theirs, watanabe):
    first = run(checked(LIST, watanabe, kind="companies"), watanabe)
    before = set(FurtherValue.objects.values_list("pk", flat=True))

    again = run(checked(LIST, watanabe, kind="companies"), watanabe)

    assert (first.rows.get().outcome, again.rows.get().outcome) == ("created", "unchanged")
    assert again.rows.get().reason == first.rows.get().reason
    assert set(FurtherValue.objects.values_list("pk", flat=True)) == before


def test_a_lead_of_another_team_gets_the_touch_and_keeps_its_fields(watanabe, elsewhere, kobayashi):
    lead = make_lead(elsewhere, family_name="成田", given_name="翔", email="narita@minato.example")
    batch = checked("会社名,氏名,メール,部署\nみなと物流,成田 翔,narita@minato.example,物流課\n", watanabe)
    # A manager does not see it in the check; one who has changed teams since has decided about it before.
    row = batch.rows.get()
    row.matches[0].pop("hidden", None)
    row.decision = "append"
    row.save()

    run(batch, watanabe)

    kept = Lead.objects.get(pk=lead.pk)
    row.refresh_from_db()
    assert (kept.department, kept.touches.count(), row.outcome) == ("", lead.touches.count(), "appended")
    assert row.reason.endswith(WHY)


def test_the_page_says_how_many_lines_filled_nothing_in(client, theirs, watanabe):
    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)
    client.force_login(watanabe)

    page = client.get(reverse("integrations:import", args=[batch.pk])).content.decode()

    assert "担当外の記録の項目に入力しなかった 1行" in page
