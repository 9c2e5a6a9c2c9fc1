"""The forecast of what stands in the database: the history is read as it was on the day, and nothing of what came later."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import Channel
from activities.log import log_activity
from benchmarks.forecast.funnel import Funnel
from crm.lib.fiscal import Quarter
from pipeline import deals, exit_criteria, moves
from pipeline.deal_events import DealEvent
from pipeline.forecasting import win_probabilities
from pipeline.forecasting.forecast import Engine, Forecast
from pipeline.forecasting.history import LOST, WON, DealHistory, Ledger
from pipeline.forecasting.reading import read_ledger
from pipeline.models import CriterionAnswer, Deal, Stage, StageMove
from staff import events
from staff.models import User
from tests.factories import criterion, make_company, make_deal, stage

pytestmark = pytest.mark.django_db
AS_OF = date(2022, 8, 15)
THIS = Quarter(2022, 2)


def noon(day: date | int) -> datetime:
    day = date.fromordinal(day) if isinstance(day, int) else day
    return timezone.make_aware(datetime.combine(day, time(12)))


def ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def one_history(as_of: str) -> DealHistory:
    (found,) = read_ledger(date.fromisoformat(as_of)).deals
    return found


def test_values_of_the_past_are_read_from_the_log(sato, tanaka, ito):
    made = deals.create_deal(
        name="検査ライン", company=make_company(), owner=sato, by=sato, amount=Decimal(1_000_000),
        close_on=date(2026, 6, 30), channel=Channel.objects.get(code="referral"), at=noon(date(2026, 4, 1)),
    )  # fmt: skip
    deals.edit_deal(
        made,
        {"amount": Decimal(1_500_000)},
        {"amount": Decimal(1_000_000)},
        by=sato,
        at=noon(date(2026, 4, 20)),
    )
    deals.edit_deal(
        made,
        {"close_on": date(2026, 9, 30), "amount": None},
        {"close_on": date(2026, 6, 30), "amount": Decimal(1_500_000)},
        by=sato,
        at=noon(date(2026, 5, 10)),
    )
    exit_criteria.answer(made, criterion("issue"), "夜勤の見逃し", by=sato, at=noon(date(2026, 5, 2)))
    log_activity("call", deal=made, by=sato, at=noon(date(2026, 5, 3)))
    log_activity("call", deal=made, by=sato, at=noon(date(2026, 5, 4)), reached=False)
    log_activity("memo", deal=made, by=sato, at=noon(date(2026, 5, 5)))
    made.refresh_from_db()
    moves.move_deal(
        made, stage("Proposal"), by=ito, seen=made.version, waiver="過去の案件", at=noon(date(2026, 5, 12))
    )
    referral = Channel.objects.get(code="referral").pk

    assert one_history("2026-05-11") == DealHistory(
        id=made.pk,
        moves=[(ordinal("2026-04-01"), 0)],
        amounts=[
            (ordinal("2026-04-01"), 1_000_000),
            (ordinal("2026-04-20"), 1_500_000),
            (ordinal("2026-05-10"), None),
        ],
        closes=[
            (ordinal("2026-04-01"), ordinal("2026-06-30")),
            (ordinal("2026-05-10"), ordinal("2026-09-30")),
        ],
        owners=[(ordinal("2026-04-01"), sato.pk)],
        channels=[(ordinal("2026-04-01"), referral)],
        answered=[ordinal("2026-05-02")],
        touched=[ordinal("2026-05-03")],
    )
    early = one_history("2026-04-20")
    assert early.amounts == [(ordinal("2026-04-01"), 1_000_000)]
    assert early.closes == [(ordinal("2026-04-01"), ordinal("2026-06-30"))]
    assert (early.answered, early.touched) == ([], [])
    assert len(one_history("2026-05-13").moves) == 2
    assert read_ledger(date(2026, 4, 1)).deals == []


def test_a_deal_that_was_handed_over_was_the_first_owners_until_then(sato, tanaka, ito):
    made = make_deal(sato, at=noon(date(2026, 4, 1)), created_at=noon(date(2026, 4, 1)))
    deals.hand_over(made, tanaka, by=ito, seen=made.version)
    today = timezone.localdate()

    history = one_history((today + timedelta(days=1)).isoformat())
    assert history.owners == [(ordinal("2026-04-01"), sato.pk), (today.toordinal(), tanaka.pk)]
    assert one_history("2026-04-02").owners == [(ordinal("2026-04-01"), sato.pk)]


def test_an_answer_given_again_later_was_given_then_all_the_same(sato):
    made = make_deal(sato, at=noon(date(2026, 4, 1)), created_at=noon(date(2026, 4, 1)))
    exit_criteria.answer(made, criterion("issue"), "夜勤", by=sato, at=noon(date(2026, 4, 5)))
    exit_criteria.answer(made, criterion("issue"), "夜勤と休日", by=sato, at=noon(date(2026, 6, 5)))

    assert one_history("2026-05-01").answered == [ordinal("2026-04-05")]


def test_a_change_that_hides_what_was_before_is_not_guessed(sato):
    made = make_deal(
        sato, at=noon(date(2026, 4, 1)), created_at=noon(date(2026, 4, 1)), amount=Decimal(900_000)
    )
    with transaction.atomic():
        events.record(DealEvent.EDITED, made, by=sato, at=noon(date(2026, 5, 1)), after={"amount": "900000"})

    assert one_history("2026-06-01").amounts == [
        (ordinal("2026-04-01"), None),
        (ordinal("2026-05-01"), 900_000),
    ]


def test_a_deleted_deal_was_there_until_then(sato):
    make_deal(
        sato, at=noon(date(2026, 4, 1)), created_at=noon(date(2026, 4, 1)), deleted_at=noon(date(2026, 6, 1))
    )

    assert one_history("2026-05-01").deleted is None
    assert one_history("2026-07-01").place_at(ordinal("2026-07-01")) is None


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Funnel(7, first=date(2021, 4, 1), years=1.5, deals=150).ledger()


def store(ledger: Ledger, people: list[User]) -> None:
    """The ledger's deals as rows, with moves and events as the domain functions write them."""
    stages = list(Stage.objects.filter(kind="open").order_by("position"))
    ends = {WON: Stage.objects.get(kind="won"), LOST: Stage.objects.get(kind="lost")}
    company, channels = make_company(), list(Channel.objects.order_by("pk"))
    for deal in ledger.deals:
        way = [(day, ends.get(place) or stages[place]) for day, place in deal.moves]
        owners = [(day, people[owner % len(people)]) for day, owner in deal.owners]
        last_day, last = way[-1]
        with transaction.atomic():
            row = Deal.objects.create(
                name="案件", company=company, owner=owners[-1][1], team=owners[-1][1].team,
                channel=channels[deal.channels[0][1] % len(channels)], stage=last, stage_entered_at=noon(last_day),
                amount=deal.amounts[-1][1], close_on=date.fromordinal(deal.closes[-1][1]),
                closed_at=None if last.is_open else noon(last_day), created_at=noon(deal.created),
            )  # fmt: skip
            before = None
            for day, to in way:
                StageMove.objects.create(
                    deal=row, from_stage=before, to_stage=to, by=owners[0][1], at=noon(day)
                )
                before = to
            store_changes(row, owners, deal)
            CriterionAnswer.objects.bulk_create(
                CriterionAnswer(
                    deal=row, criterion=one, value="聞いた", answered_by=owners[0][1], answered_at=noon(day)
                )
                for day, one in zip(deal.answered, criteria(), strict=False)
            )


def criteria() -> list:
    return [criterion(code) for code in ("topic", "interest", "issue", "reaction")]


def store_changes(row: Deal, owners: list[tuple[int, User]], deal: DealHistory) -> None:
    by = owners[0][1]
    for (_day, old), (day, new) in zip(deal.amounts, deal.amounts[1:], strict=False):
        events.record(DealEvent.EDITED, row, by=by, at=noon(day), before={"amount": str(int(old))}, after={"amount": str(int(new))})  # fmt: skip
    for (_day, old), (day, new) in zip(deal.closes, deal.closes[1:], strict=False):
        events.record(
            DealEvent.EDITED, row, by=by, at=noon(day),
            before={"close_on": date.fromordinal(old)}, after={"close_on": date.fromordinal(new)},
        )  # fmt: skip
    for (_day, old), (day, new) in zip(owners, owners[1:], strict=False):
        if old != new:
            events.record(DealEvent.HANDED_OVER, row, by=by, at=noon(day), before={"owner": old.pk}, after={"owner": new.pk})  # fmt: skip


def forecasts(as_of: date) -> list[Forecast]:
    return Engine(read_ledger(as_of)).forecast(THIS, as_of)


def test_as_of_a_past_day_equals_data_cut_at_that_day_to_the_yen(ledger, sato, takahashi, tanaka):
    people = [sato, takahashi, tanaka]
    with transaction.atomic():
        store(ledger, people)
        whole = forecasts(AS_OF)
        transaction.set_rollback(True)
    store(ledger.cut(AS_OF.toordinal()), people)

    assert forecasts(AS_OF) == whole
    assert whole[0].method == "history"
    assert whole[0].won < whole[0].point
    assert [f.team for f in whole] == [None, sato.team_id, tanaka.team_id]
    # The same rows say the same on every later day that asks.
    assert forecasts(AS_OF) == whole


def test_win_probabilities_of_some_deals(ledger, sato, takahashi, tanaka):
    store(ledger.cut(AS_OF.toordinal()), [sato, takahashi, tanaka])
    open_ones = list(Deal.objects.open().values_list("pk", flat=True))
    closed = Deal.objects.exclude(closed_at=None)[0].pk

    found = win_probabilities([*open_ones, closed], THIS.last, AS_OF)

    assert sorted(found) == sorted(open_ones)
    assert all(0 < chance < 1 for chance in found.values())
    sooner = win_probabilities(open_ones, AS_OF, AS_OF)
    assert all(sooner[deal] <= found[deal] for deal in open_ones)


def told(*arguments: str) -> dict:
    out = StringIO()
    call_command("forecast", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_tells_quarters_and_teams_as_json(sato, tanaka):
    make_deal(sato, "Proposal", at=noon(date(2026, 7, 1)), created_at=noon(date(2026, 7, 1)), amount=Decimal(1_000_000), close_on=date(2026, 8, 1))  # fmt: skip
    make_deal(
        tanaka, "Won", at=noon(date(2026, 7, 3)), created_at=noon(date(2026, 7, 1)), amount=Decimal(400_000)
    )

    found = told("--as-of", "2026-07-14", "--by", "team")

    share = stage("Proposal").probability * 10_000
    assert (found["method"], found["closed_deals"]) == ("weighted", 1)
    assert "1" in found["note"]
    rows = {(row["quarter"], row["team"]): row for row in found["forecasts"]}
    assert {quarter for quarter, _team in rows} == {"2026Q2", "2026Q3"}
    assert rows["2026Q2", None]["point"] == 400_000 + share
    assert rows["2026Q2", sato.team_id]["point"] == share
    assert rows["2026Q2", tanaka.team_id]["won"] == 400_000
    assert rows["2026Q3", None]["point"] == 0
    assert told("--as-of", "2026-07-14")["forecasts"][0].keys() >= {
        "point",
        "low80",
        "high80",
        "unborn",
        "by_stage",
    }


def test_the_back_test_as_json(ledger, sato, takahashi, tanaka):
    store(ledger, [sato, takahashi, tanaka])

    found = told("--as-of", "2022-08-15", "--backtest", "--quarters", "1")

    assert [(row["quarter"], row["offset"], row["as_of"]) for row in found["forecasts"]] == [
        ("2022Q1", 0, "2022-04-01"),
        ("2022Q1", 45, "2022-05-16"),
    ]
    for row in found["forecasts"]:
        assert row["error"] == row["point"] - row["actual"]
        assert row["inside80"] is (row["low80"] <= row["actual"] <= row["high80"])
    assert {(row["offset"], row["of"]) for row in found["summary"]} == {(0, "company"), (45, "company")}


def test_as_a_table_it_names_what_is_not_known_yet(db):
    out = StringIO()
    call_command("forecast", stdout=out)

    assert "2" in out.getvalue()
