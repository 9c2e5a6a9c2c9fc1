"""The board and the list: what they show, to whom, and what that costs."""

from datetime import date, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from pipeline.board import by_urgency, neighbours, read
from pipeline.deal_filters import Narrowing, views
from pipeline.models import Deal
from staff.models import CompanyProfile
from tests.factories import make_company, make_deal, stage


@pytest.fixture
def today(db):
    return timezone.localdate()


def column(response, name_en):
    return next(c for c in response.context["board"].columns if c.stage.name_en == name_en)


def test_a_column_shows_count_total_and_weighted_of_all_its_deals(client, sato):
    client.force_login(sato)
    for n in range(23):
        make_deal(sato, "Proposal", make_company(f"会社{n}"), amount=1_000_000, weighted_amount=400_000)

    response = client.get(reverse("pipeline:board"))

    found = column(response, "Proposal")
    assert (found.count, found.total, found.weighted, len(found.cards), found.rest) == (
        23,
        23_000_000,
        9_200_000,
        20,
        3,
    )
    assert "ほか 3 件" in response.content.decode()


def test_the_most_urgent_come_first(client, sato, today):
    client.force_login(sato)
    for name, day in [
        ("planned", today + timedelta(1)), ("none", None), ("today", today), ("overdue", today - timedelta(3)),
    ]:  # fmt: skip
        make_deal(sato, "Discovery", name=name, next_action_on=day)

    cards = column(client.get(reverse("pipeline:board")), "Discovery").cards

    assert [card.deal.name for card in cards] == ["overdue", "today", "none", "planned"]


def test_each_deal_knows_its_neighbours_in_the_column(sato, tanaka, kobayashi, today):
    """Against the column in plain Python, for each deal, as people see it who see all or their own."""
    for n, days in enumerate([-3, 0, 0, 2, 2, 9, None, None]):
        day = None if days is None else today + timedelta(days)
        make_deal(sato if n % 3 else tanaka, "Discovery", name=f"案件{n}", next_action_on=day)
    make_deal(sato, "Quote", name="ほかの列", next_action_on=today)
    for person in (sato, tanaka, kobayashi):
        seen = Deal.objects.visible_to(person).filter(stage=stage("Discovery"))
        column = sorted(seen, key=lambda deal: by_urgency(deal, today))
        assert len(column) == {sato: 5, tanaka: 3, kobayashi: 8}[person]
        ids = [None, *(deal.pk for deal in column), None]
        for place, deal in enumerate(column):
            assert neighbours(deal, person) == (ids[place], ids[place + 2])


def test_a_closed_deal_has_no_neighbours(sato):
    assert neighbours(make_deal(sato, "Lost"), sato) == (None, None)


def test_people_see_the_deals_of_their_teams(client, sato, tanaka, watanabe, kobayashi):
    make_deal(sato, "Discovery", name="一課の案件")
    make_deal(tanaka, "Discovery", name="二課の案件")
    seen = {}
    for person in (sato, tanaka, watanabe, kobayashi):
        client.force_login(person)
        seen[person.family_name] = client.get(reverse("pipeline:board")).context["board"].count

    assert seen == {"佐藤": 1, "田中": 1, "渡辺": 2, "小林": 2}


def test_closed_deals_of_this_quarter_stand_beside_the_board(client, sato):
    make_deal(sato, "Won", amount=5_000_000)
    make_deal(sato, "Lost", amount=1_000_000)
    make_deal(sato, "Lost", amount=9_000_000, at=timezone.now() - timedelta(days=200))
    client.force_login(sato)

    board = client.get(reverse("pipeline:board")).context["board"]

    assert (board.won.count, board.won.total) == (1, 5_000_000)
    assert (board.lost.count, board.lost.total) == (1, 1_000_000)
    assert board.count == 0


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("mine=1", {"mine"}),
        ("stalled=1", {"stalled"}),
        ("next=none", {"mine", "stalled"}),
        ("q=水鳥", {"stalled"}),
        ("q=mine", {"mine"}),
        ("close_from=2030-01-01&close_to=2030-01-31", {"closing"}),
        ("stalled=yes&owner=x&team=999999&close_from=soon", {"mine", "stalled", "closing"}),
    ],
)
@pytest.mark.parametrize("page", ["board", "list"])
def test_filters_narrow_board_and_list_alike(client, sato, takahashi, today, query, names, page):
    make_deal(sato, "Discovery", name="mine")
    make_deal(takahashi, "Discovery", make_company("水鳥製紙"), name="stalled", stalls_on=today)
    make_deal(takahashi, "Quote", name="closing", close_on="2030-01-15", next_action_on=today)
    client.force_login(sato)

    response = client.get(f"{reverse(f'pipeline:{page}')}?{query}")

    if page == "board":
        found = {card.deal.name for c in response.context["board"].columns for card in c.cards}
    else:
        found = {card.deal.name for card in response.context["cards"]}
    assert found == names


def test_a_filter_that_leaves_nothing_offers_to_drop_it(client, sato):
    client.force_login(sato)

    response = client.get(reverse("pipeline:list"), {"stalled": "1"})

    assert "当てはまる案件はありません" in response.content.decode()
    assert [chip.key for chip in response.context["chips"]] == ["stalled"]


def test_an_empty_column_says_what_brings_a_deal_there(client, sato):
    client.force_login(sato)

    page = client.get(reverse("pipeline:board")).content.decode()

    assert "ここに来る条件" in page
    assert "意思決定者" in page


def test_closed_deals_are_looked_for_in_the_list(client, sato):
    make_deal(sato, "Won", name="受注した案件")
    client.force_login(sato)

    response = client.get(f"{reverse('pipeline:board')}?closed=won", follow=True)

    assert response.redirect_chain[0][0] == f"{reverse('pipeline:list')}?closed=won"
    assert [card.deal.name for card in response.context["cards"]] == ["受注した案件"]


def test_the_list_goes_on_where_the_page_ended(client, sato):
    company = make_company()
    for n in range(60):
        make_deal(sato, "Discovery", company, name=f"案件{n:02}", amount=n)
    client.force_login(sato)

    first = client.get(reverse("pipeline:list"), {"sort": "-amount"})
    second = client.get(reverse("pipeline:list"), {"sort": "-amount", "after": first.context["page"].after})

    assert [card.deal.amount for card in first.context["cards"]] == list(range(59, 9, -1))
    assert [card.deal.amount for card in second.context["cards"]] == list(range(9, -1, -1))
    assert first.context["totals"].count == 60


def statements(client, url, django_capture):
    with django_capture() as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize(("name", "budget"), [("board", 8), ("list", 8)])
def test_more_deals_cost_no_more_statements(
    client, sato, today, django_capture_on_commit_callbacks, name, budget
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(sato)
    counts = []
    for n in (3, 27):
        for i in range(n):
            make_deal(sato, "Discovery", make_company(f"会社{n}-{i}"), next_action_on=today, stalls_on=today)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(reverse(f"pipeline:{name}")).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= budget, [q["sql"][:120] for q in captured.captured_queries]


def test_a_full_board_stays_light(client, sato, today):
    for name in ("New lead", "First contact", "Discovery", "Proposal", "Quote", "Negotiation"):
        for n in range(21):
            make_deal(
                sato, name, make_company(f"株式会社つばき医療機器{n}"), name="滅菌工程の記録電子化と帳票の見直し",
                amount=12_800_000, close_on=today, next_action_on=today - timedelta(2), next_action_kind="call",
                stalls_on=today if n % 3 == 0 else None, criteria_met=1, criteria_total=5,
            )  # fmt: skip
    client.force_login(sato)

    page = client.get(reverse("pipeline:board")).content

    assert len(page) <= 120_000, len(page)
    assert stage("Quote")


def test_this_quarter_is_the_companys_own(client, sato):
    CompanyProfile.objects.update(fiscal_start_month=2)
    narrowing = Narrowing.of(sato, QueryDict(""), date(2026, 11, 22))

    assert "close_from=2026-11-01&close_to=2027-01-31" in [
        view.query for view in views(narrowing, start_month=2)
    ]
    assert read(narrowing).quarter.first == date(2026, 11, 1)


@pytest.mark.parametrize("day", ["9999/12/31", "0001/1/1"])
@pytest.mark.parametrize("key", ["from", "to", "close_from", "close_to"])
def test_a_day_at_the_end_of_the_calendar_counts_as_none(client, sato, key, day):
    client.force_login(sato)

    response = client.get(reverse("pipeline:list"), {key: day, "closed": "won"})

    assert response.status_code == 200
    assert key not in response.context["narrowing"].values


def test_an_address_that_is_none_is_no_board(client, sato):
    deal = make_deal(sato)
    client.force_login(sato)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}

    response = client.get(
        reverse("pipeline:deal-stage", args=[deal.pk]), {"to": deal.stage_id}, headers=headers
    )

    assert response.status_code == 200
