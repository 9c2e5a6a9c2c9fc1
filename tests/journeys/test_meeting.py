"""The weekly meeting in a browser, by keyboard alone, with somebody who follows on a phone."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from activities.models import Todo
from dashboards.meeting import agenda
from dashboards.models import Decision
from pipeline.models import Deal
from tests.factories import make_company, make_deal
from tests.journeys.conftest import PHONE, Visit, Visitor

PROJECTOR = {"width": 1280, "height": 720}
DEALS = 30


class Keys:
    """Counts what is pressed."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.pressed = visitor, 0

    def press(self, key: str) -> None:
        self.visitor.page.keyboard.press(key)
        self.pressed += 1

    def press_and_wait(self, key: str) -> None:
        """Until the answer is on the screen: the place at the top has changed."""
        page = self.visitor.page
        before = page.locator(".meet-top .agenda-tabs").inner_html()
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            self.press(key)
        page.wait_for_function(
            "before => document.querySelector('.meet-top .agenda-tabs').innerHTML !== before", arg=before
        )


def stalled_deals(owner: Any) -> list[int]:
    company, yesterday = make_company(owner=owner), timezone.localdate() - timedelta(days=1)
    made = [
        make_deal(owner, "Discovery", company, name=f"案件{n:02}", amount=100 - n).pk for n in range(DEALS)
    ]
    Deal.objects.filter(pk__in=made).update(stalls_on=yesterday)
    return made


def test_thirty_deals_take_two_keys_each(visit: Visit, sato, takahashi, watanabe, team_one) -> None:
    deals = stalled_deals(sato)
    meeting = agenda.start(team_one, by=watanabe, now=timezone.now())
    leader = visit(watanabe, viewport=PROJECTOR)
    leader.open(meeting.get_absolute_url())
    keys, began = Keys(leader), time.monotonic()
    keys.press_and_wait("Enter")  # last week's decisions
    keys.press_and_wait("Enter")  # what moved
    opened = keys.pressed

    for n in range(DEALS):
        assert f"案件{n:02}" in leader.text
        if n == 3:
            keys.press("4")
        else:
            keys.press("125"[n % 3])
        keys.press_and_wait("2" if n == 3 else "Enter")
    seconds = time.monotonic() - began
    # The keys belong to the next item, too, though the choice that had the focus is gone.
    assert leader.page.evaluate("document.activeElement.id") == "main"

    decisions = list(Decision.objects.standing().order_by("pk"))
    assert [decision.deal_id for decision in decisions] == deals
    assert keys.pressed - opened == 2 * DEALS
    assert all(decision.owner and decision.due_on for decision in decisions)
    assert [decision.kind for decision in decisions[:5]] == ["go_on", "new_date", "help", "lose", "new_date"]
    assert Todo.objects.count() == DEALS - 1
    # Thirty minutes are there for talking: the keys themselves take a part of that.
    assert seconds < 300
    assert leader.complaints == []


def test_what_is_decided_is_seen_and_taken_back_and_others_follow(
    visit: Visit, sato, watanabe, team_one
) -> None:
    stalled_deals(sato)
    meeting = agenda.start(team_one, by=watanabe, now=timezone.now())
    agenda.go_to(meeting, "stalled", 0, by=watanabe)
    leader, follower = visit(watanabe, viewport=PROJECTOR), visit(sato, viewport=PHONE)
    for visitor in (leader, follower):
        visitor.open(meeting.get_absolute_url())
    assert "案件00" in follower.text
    keys = Keys(leader)

    keys.press("1")
    keys.press_and_wait("Enter")
    follower.page.get_by_role("heading", name="案件01").wait_for()
    assert "今日の決定 1" in leader.text
    with leader.page.expect_response(lambda answer: answer.request.method == "POST"):
        leader.page.keyboard.press("z")
    leader.page.wait_for_function("() => document.querySelector('#dl').innerText.includes('0')")
    assert not Todo.objects.exists()

    keys.press("Escape")
    leader.page.wait_for_url("**/minutes/")
    follower.page.wait_for_url("**/minutes/")
    assert leader.complaints == follower.complaints == []
