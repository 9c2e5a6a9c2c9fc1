"""What is known of the deals: the stored marks, the heat map and the win rates, each against plain counting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from pipeline import counting, coverage, exit_criteria, moves
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal, LossReason, Stage
from tests.factories import criterion, make_deal, stage

pytestmark = pytest.mark.django_db


def stages() -> list[Stage]:
    return list(Stage.objects.filter(pipeline__is_default=True).order_by("position"))


def read(user, by="team", **keys) -> coverage.Coverage:
    narrowing = Narrowing(user, timezone.localdate(), keys, {})
    return coverage.read(narrowing, stages(), by, timezone.now())


def row(found: coverage.Coverage, code: str) -> coverage.Row:
    return next(row for row in found.rows if row.criterion.code == code)


def test_an_open_deal_keeps_which_criteria_of_its_stage_it_meets(sato):
    deal = make_deal(sato, "Discovery")
    exit_criteria.answer(
        deal, criterion("issue"), "見逃しが月12件", by=sato, evidence="田所部長、11/10の訪問"
    )
    exit_criteria.answer(deal, criterion("decision_maker"), "田所部長", by=sato)

    deal.refresh_from_db()

    assert set(deal.met_ids) == {criterion("issue").pk, criterion("decision_maker").pk}
    assert set(deal.lacking_ids) == {criterion(code).pk for code in ("budget", "timing", "competitor")}
    assert deal.bare_ids == [criterion("decision_maker").pk]


def test_a_closed_deal_keeps_what_was_known_of_all_its_stages(sato):
    deal = make_deal(sato, "Discovery")
    exit_criteria.answer(deal, criterion("issue"), "見逃し", by=sato)
    deal.refresh_from_db()

    lost = moves.lose_deal(deal, by=sato, seen=deal.version, reason=LossReason.objects.all()[0])

    lost.refresh_from_db()
    asked = {
        c.pk
        for s in stages()
        if s.is_open and s.position <= stage("Discovery").position
        for c in s.exit_criteria.all()
    }
    assert set(lost.met_ids) | set(lost.lacking_ids) == asked
    assert criterion("issue").pk in lost.met_ids
    assert criterion("budget").pk in lost.lacking_ids
    assert (lost.criteria_met, lost.criteria_total) == (0, 0)


def test_what_was_known_at_the_end_is_not_counted_anew(sato):
    deal = make_deal(sato, "Discovery")
    exit_criteria.refresh(deal)
    deal.refresh_from_db()
    lost = moves.lose_deal(deal, by=sato, seen=deal.version, reason=LossReason.objects.all()[0])
    before = Deal.objects.get(pk=lost.pk).lacking_ids

    exit_criteria.answer(lost, criterion("issue"), "あとで聞いた", by=sato)

    assert Deal.objects.get(pk=lost.pk).lacking_ids == before


def test_deals_that_nobody_counted_are_counted_in_batches(sato, monkeypatch):
    monkeypatch.setattr(counting, "AT_ONCE", 2)
    opened = [make_deal(sato, "Discovery", competitor="内製") for _ in range(3)]
    deal = make_deal(sato, "Discovery")
    lost = moves.lose_deal(deal, by=sato, seen=deal.version, reason=LossReason.objects.all()[0])
    expected = Deal.objects.get(pk=lost.pk).lacking_ids
    imported = make_deal(sato, "Won")
    Deal.objects.update(met_ids=None, lacking_ids=None, bare_ids=None)

    assert counting.count_uncounted() == 5
    assert counting.count_uncounted() == 0

    for deal in opened:
        deal.refresh_from_db()
        assert (deal.criteria_met, deal.criteria_total) == (1, 5)
        assert deal.met_ids == [criterion("competitor").pk]
    assert Deal.objects.get(pk=lost.pk).lacking_ids == expected
    # Nobody knows through which stages it came.
    assert Deal.objects.get(pk=imported.pk).met_ids == []


def test_the_map_counts_what_the_deals_themselves_say(sato, tanaka, ito):
    for n in range(6):
        deal = make_deal(sato, "Discovery", competitor="内製" if n < 4 else "")
        exit_criteria.refresh(deal)
    for _ in range(2):
        exit_criteria.refresh(make_deal(tanaka, "Discovery"))

    found = read(ito)

    competitor = row(found, "competitor")
    assert (competitor.whole.met, competitor.whole.asked, competitor.whole.percent) == (4, 8, 50)
    cells = {column.label: (cell.met, cell.asked) for column, cell in competitor.cells}
    assert cells == {str(sato.team): (4, 6), str(tanaka.team): (0, 2)}
    twin = [deal.met_ids for deal in Deal.objects.all()]
    assert (
        found.whole.met
        == sum(len(ids) for ids in twin)
        == sum(Deal.objects.values_list("criteria_met", flat=True))
    )
    assert found.whole.asked == sum(Deal.objects.values_list("criteria_total", flat=True))


def test_a_person_sees_the_coverage_of_what_they_see(sato, tanaka):
    exit_criteria.refresh(make_deal(sato, "Discovery"))
    exit_criteria.refresh(make_deal(tanaka, "Discovery"))

    assert row(read(sato, "owner"), "issue").whole.asked == 1
    assert [column.pk for column in read(sato, "owner").columns] == [sato.pk]


def test_age_is_how_long_deals_without_it_have_stood_there(sato):
    for days in (10, 20):
        exit_criteria.refresh(make_deal(sato, "Discovery", at=timezone.now() - timedelta(days=days)))
    known = make_deal(sato, "Discovery", at=timezone.now() - timedelta(days=90), competitor="内製")
    exit_criteria.refresh(known)

    assert row(read(sato), "competitor").whole.days == 15
    assert row(read(sato), "issue").whole.days == 40


def close(sato, outcome: str, *, known: bool) -> None:
    deal = make_deal(sato, outcome)
    issue = criterion("issue").pk
    Deal.objects.filter(pk=deal.pk).update(
        met_ids=[issue] if known else [], lacking_ids=[] if known else [issue], bare_ids=[]
    )


def test_win_rates_with_and_without_come_with_their_range(sato):
    for n in range(20):
        close(sato, "Won" if n < 18 else "Lost", known=True)
        close(sato, "Won" if n < 2 else "Lost", known=False)
    exit_criteria.refresh(make_deal(sato, "Discovery"))

    issue = row(read(sato), "issue")

    assert (issue.won_with.won, issue.won_with.closed, issue.won_with.percent, issue.won_with.range) == (
        18,
        20,
        90,
        (70, 97),
    )
    assert (issue.won_without.percent, issue.won_without.range) == (10, (3, 30))
    # Required, it cannot be missing from what was won: that separates nothing.
    assert not issue.separates
    criterion("issue").__class__.objects.filter(code="issue").update(is_required=False)
    assert row(read(sato), "issue").separates


def test_small_numbers_say_nothing_of_winning(sato):
    for _ in range(9):
        close(sato, "Won", known=True)
        close(sato, "Lost", known=False)
    exit_criteria.refresh(make_deal(sato, "Discovery"))

    issue = row(read(sato), "issue")

    assert not issue.won_with.is_enough
    assert not issue.separates


def test_the_page_leads_to_the_deals_that_lack_it(client, sato):
    for _ in range(5):
        exit_criteria.refresh(make_deal(sato, "Discovery", competitor="内製"))
    open_one = make_deal(sato, "Discovery", name="競合がわからない案件")
    exit_criteria.refresh(open_one)
    client.force_login(sato)
    link = f"?stage={stage('Discovery').pk}&amp;lacks={criterion('competitor').pk}"

    page = client.get(reverse("pipeline:coverage")).content.decode()
    listed = client.get(reverse("pipeline:list") + link.replace("&amp;", "&"))

    assert link in page
    assert "83%" in page
    assert "5/6" in page
    assert [card.deal for card in listed.context["cards"]] == [open_one]


def test_without_anything_asked_the_page_says_so(client, sato):
    client.force_login(sato)

    response = client.get(reverse("pipeline:coverage"))

    assert response.status_code == 200
    assert "まだ集計するものがありません" in response.content.decode()
