"""Why deals are won and lost: the lists of reasons, the dialogs that ask, and the comparison over quarters."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Channel
from activities.models import Todo
from crm.lib import fiscal
from pipeline import moves, outcomes, reasons, rivals
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal, LossReason, WinReason
from staff import relay, versions
from staff.models import Event
from tests.factories import make_deal, stage

pytestmark = pytest.mark.django_db

Q1, Q2 = fiscal.Quarter(2026, 1), fiscal.Quarter(2026, 2)


def close(sato, outcome, quarter, **fields) -> Deal:
    at = timezone.make_aware(datetime.combine(quarter.first + timedelta(days=9), datetime.min.time()))
    return make_deal(sato, outcome, at=at, **{"created_at": at - timedelta(days=40), **fields})


def compare(user, quarter=Q2, **keys) -> outcomes.Comparison:
    return outcomes.read(Narrowing(user, date(2026, 9, 1), keys, {}), quarter)


def loss(code: str) -> LossReason:
    return LossReason.objects.get(code=code)


def dimension(found: outcomes.Comparison, key: str) -> dict[str, outcomes.Line]:
    return {line.label: line for line in next(d for d in found.dimensions if d.key == key).lines}


def test_the_reason_for_winning_and_a_word_stay_on_the_deal(sato):
    deal = make_deal(sato, "Negotiation")
    fit = WinReason.objects.get(code="fit")
    deal = moves.move_deal(
        deal,
        stage("Won"),
        by=sato.__class__.objects.system(),
        seen=deal.version,
        waiver="テスト",
        won=moves.Won(fit, "夜勤に効いた"),
    )

    deal.refresh_from_db()
    assert (deal.win_reason, deal.outcome_note, deal.left_stage) == (
        fit,
        "夜勤に効いた",
        stage("Negotiation"),
    )

    again = moves.move_deal(deal, stage("Quote"), by=sato, seen=deal.version, reason="取り消し")
    again.refresh_from_db()
    assert (again.win_reason, again.outcome_note, again.left_stage) == (None, "", None)


def test_the_dialog_of_winning_asks_why(client, watanabe, sato):
    deal = make_deal(sato, "Negotiation", amount=1_000_000)
    client.force_login(watanabe)
    url = reverse("pipeline:deal-stage", args=[deal.pk])
    price = WinReason.objects.get(code="price")

    asked = client.get(url, {"to": stage("Won").pk}, headers={"HX-Request": "true"}).content.decode()
    client.post(
        url,
        {
            "to": stage("Won").pk,
            "seen": deal.version,
            "confirmed": "1",
            "waiver": "契約済み",
            "win_reason": price.pk,
            "note": "最安",
        },
    )

    assert str(price) in asked
    deal.refresh_from_db()
    assert (deal.stage, deal.win_reason, deal.outcome_note) == (stage("Won"), price, "最安")


def test_a_crooked_reason_for_winning_wins_nothing(client, watanabe, sato):
    deal = make_deal(sato, "Negotiation")
    client.force_login(watanabe)

    response = client.post(
        reverse("pipeline:deal-stage", args=[deal.pk]),
        {
            "to": stage("Won").pk,
            "seen": deal.version,
            "confirmed": "1",
            "waiver": "x",
            "win_reason": "999999",
        },
    )

    deal.refresh_from_db()
    assert (response.status_code, deal.stage) == (422, stage("Negotiation"))


def test_a_lost_deal_is_called_again_by_its_owner_once(sato):
    deal = make_deal(sato, "Proposal")
    day = timezone.localdate() + timedelta(days=90)
    lost = moves.lose_deal(deal, by=sato, seen=deal.version, reason=loss("timing"), call_again_on=day)
    relay.drain()
    relay.drain()

    todo = Todo.objects.get(deal=deal)
    assert (todo.owner, todo.due_on, todo.kind) == (sato, day, "call")

    lost.refresh_from_db()
    moves.move_deal(lost, stage("Proposal"), by=sato, seen=lost.version, reason="また動いた")
    relay.drain()
    assert not Todo.objects.filter(deal=deal).exists()


def test_without_a_day_nobody_is_to_call_again(sato):
    deal = make_deal(sato, "Proposal")
    moves.lose_deal(deal, by=sato, seen=deal.version, reason=loss("timing"))
    relay.drain()

    assert not Todo.objects.filter(deal=deal).exists()


def test_reasons_are_counted_by_quarter_with_their_change(sato):
    for n in range(10):
        close(sato, "Lost", Q1, loss_reason=loss("price" if n < 2 else "timing"))
        close(sato, "Lost", Q2, loss_reason=loss("price" if n < 6 else "timing"))

    price, timing = compare(sato).losses

    assert (str(price.label), price.counts, price.percent, price.change) == (
        str(loss("price")),
        [0, 0, 0, 2, 6],
        60,
        40,
    )
    assert (timing.counts, timing.change) == ([0, 0, 0, 8, 4], -40)


def test_few_deals_show_their_number_and_no_change(sato):
    for n in range(9):
        close(sato, "Lost", Q1, loss_reason=loss("price"))
        close(sato, "Won" if n < 4 else "Lost", Q2, loss_reason=None if n < 4 else loss("price"))

    found = compare(sato)

    assert found.losses[0].change is None
    assert (found.whole.now.won, found.whole.now.lost, found.whole.now.is_enough, found.whole.change) == (
        4,
        5,
        False,
        None,
    )
    assert found.days_won is None


def test_win_rates_by_stage_channel_person_competitor_and_coverage(sato, takahashi):
    referral = Channel.objects.get(code="referral")
    for n in range(10):
        close(
            sato,
            "Won",
            Q2,
            channel=referral,
            left_stage=stage("Negotiation"),
            competitor="Ａ社",
            met_ids=[1, 2, 3, 4],
            lacking_ids=[5],
        )
        close(
            takahashi, "Lost" if n else "Won", Q2, left_stage=stage("Discovery"), competitor="A社", met_ids=[], lacking_ids=[5],
        )  # fmt: skip

    found = compare(sato)

    assert (
        dimension(found, "reached")["要件確認"].now.won,
        dimension(found, "reached")["要件確認"].now.lost,
    ) == (1, 9)
    assert dimension(found, "channel")[str(referral)].now.percent == 100
    assert dimension(found, "owner")[str(takahashi)].now.percent == 10
    # Two ways to write one competitor are one competitor.
    assert [line.now.count for line in dimension(found, "competitor").values()] == [20]
    assert {label: line.now.percent for label, line in dimension(found, "coverage").items()} == {
        "40%未満": 10,
        "80%以上": 100,
    }
    assert found.whole.now.range == (34, 74)


def test_nobody_compares_what_they_do_not_see(sato, tanaka):
    close(tanaka, "Won", Q2)

    assert compare(sato).whole.now.count == 0


def test_the_page_leads_to_the_deals_of_a_reason(client, sato, monkeypatch):
    today = timezone.localdate()
    lost = [
        make_deal(sato, "Lost", loss_reason=loss("price"), competitor=name)
        for name in ("B社", "株式会社Ｂ社")
    ]
    make_deal(sato, "Lost", loss_reason=loss("price"), competitor="C社")
    client.force_login(sato)

    page = client.get(reverse("pipeline:outcomes")).content.decode()
    quarter = fiscal.quarter_of(today)
    listed = client.get(
        reverse("pipeline:list"),
        {"closed": "lost", "reason": "price", "from": quarter.first.isoformat(), "competitor": "b社"},
    )

    assert "reason=price" in page
    assert f"from={quarter.first.isoformat()}" in page
    # All that the comparison counts as one competitor.
    assert {card.deal for card in listed.context["cards"]} == set(lost)


def test_a_used_reason_is_renamed_or_retired_and_never_deleted(ito, sato, client):
    deal = close(sato, "Lost", Q2, loss_reason=loss("price"))
    renamed = reasons.rename("lost", loss("price"), "価格・条件", "Price and terms", by=ito, seen=1)
    retired = reasons.set_active("lost", renamed, False, by=ito)

    with pytest.raises(reasons.InUse):
        reasons.delete("lost", retired, by=ito)

    assert (retired.name_ja, retired.is_active, retired.version) == ("価格・条件", False, 3)
    assert Deal.objects.get(pk=deal.pk).loss_reason == retired
    client.force_login(sato)
    open_deal = make_deal(sato, "Proposal")
    dialog = client.get(reverse("pipeline:deal-loss", args=[open_deal.pk])).content.decode()
    assert "価格・条件" not in dialog
    kinds = list(
        Event.objects.filter(kind__startswith="reason.").values_list("kind", flat=True).order_by("pk")
    )
    assert kinds == ["reason.renamed", "reason.retired"]


def test_an_unused_reason_can_be_taken_out(ito):
    added = reasons.add("won", "納期", "Delivery", by=ito)
    assert WinReason.objects.order_by("position").last() == added

    reasons.delete("won", added, by=ito)

    assert not WinReason.objects.filter(pk=added.pk).exists()


def test_two_administrators_do_not_overwrite_each_other(ito):
    reasons.rename("lost", loss("price"), "値段", "Price", by=ito, seen=1)

    with pytest.raises(versions.Stale):
        reasons.rename("lost", loss("price"), "費用", "Cost", by=ito, seen=1)

    assert loss("price").name_ja == "値段"


def test_administrators_keep_the_lists_on_their_page(client, ito, sato):
    client.force_login(ito)
    client.post(
        reverse("pipeline:reason-new", args=["won"]), {"won-name_ja": "納期", "won-name_en": "Delivery"}
    )
    added = WinReason.objects.get(name_en="Delivery")
    empty = client.post(reverse("pipeline:reason-new", args=["won"]), {"won-name_ja": " ", "won-name_en": ""})
    client.post(reverse("pipeline:reason-place", args=["won", added.pk]), {"up": "1"})

    order = list(WinReason.objects.order_by("position").values_list("code", flat=True))
    assert order[-2:] == [added.code, "other"]
    assert (empty.status_code, WinReason.objects.count()) == (422, 8)
    assert client.get(reverse("pipeline:reasons")).status_code == 200
    client.force_login(sato)
    assert (
        client.post(reverse("pipeline:reason-state", args=["won", added.pk]), {"retire": "1"}).status_code
        == 403
    )
    assert WinReason.objects.get(pk=added.pk).is_active


def test_the_page_of_a_deal_tells_how_its_competitor_was_met_before_in_all_spellings(client, sato, tanaka):
    at = timezone.now() - timedelta(days=30)
    fit = WinReason.objects.get(code="fit")
    make_deal(sato, "Won", at=at, competitor="株式会社北斗", win_reason=fit)
    make_deal(sato, "Lost", at=at, competitor="北斗", loss_reason=loss("price"))
    make_deal(sato, "Lost", at=at, competitor="内製")
    make_deal(sato, "Won", at=at - timedelta(days=400), competitor="北斗")
    hidden = make_deal(tanaka, "Won", at=at, competitor="北斗")
    hidden.company.is_restricted = True
    hidden.company.save()
    deal = make_deal(sato, "Discovery", competitor="(株)北斗")

    found = rivals.beside(deal, timezone.localdate(), reader=sato)
    assert [(r.is_named, r.won, r.lost, r.helped, r.failed) for r in found] == [
        (True, 1, 1, str(fit), str(loss("price"))),
        (False, 0, 1, "", ""),
    ]

    client.force_login(sato)
    url = reverse("pipeline:deal-rivals", args=[deal.pk])
    assert url in client.get(deal.get_absolute_url()).content.decode()
    assert str(fit) in client.get(url, headers={"HX-Request": "true"}).content.decode()
