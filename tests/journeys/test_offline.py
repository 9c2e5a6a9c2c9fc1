"""The quick log on a phone whose connection comes and goes: what was typed arrives, once, and is never lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from activities.models import Activity
from pipeline.models import Deal
from tests.factories import make_company, make_deal
from tests.journeys.conftest import PHONE, Visit, Visitor

LOG = "/activities/new/"
KEPT = """async (url) => {
    for (let waited = 0; waited < 15000; waited += 100) {
        if (await (await caches.open("quick-log-1")).match(url)) return true;
        await new Promise((done) => setTimeout(done, 100));
    }
    return false;
}"""


# What the console may complain of when the connection goes, and with it the login.
CONNECTION = {
    "Failed to load resource: the server responded with a status of 401 (Unauthorized)",
    "Failed to load resource: net::ERR_FAILED",
    "Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
}


@pytest.fixture
def deals(sato: Any) -> list[Deal]:
    return [
        make_deal(sato, "Discovery", make_company(name), name="更新")
        for name in ("青嶺精工株式会社", "みなと物流株式会社")
    ]


def test_what_is_logged_without_a_connection_arrives_once(visit: Visit, sato: Any, deals: list[Deal]) -> None:
    phone = visit(sato, viewport=PHONE, has_touch=True, is_mobile=True)
    context, began = phone.page.context, timezone.now()
    phone.open("/today/")
    is_at_hand(phone, deals)

    context.set_offline(True)
    written_down(phone, deals[0], "地下で話した。来週訪問する。")
    half_written = page_of(deals[1])
    phone.open(half_written)
    phone.page.fill("#log-body", "倉庫で話した。")
    phone.open(half_written)  # the telephone was put away
    assert phone.page.input_value("#log-body") == "倉庫で話した。"
    phone.page.locator("#log-form button.btn--primary").tap()
    assert waiting(phone) == "2"
    assert phone.page.input_value("#log-body") == ""
    assert not Activity.objects.exists()
    stopped = timezone.now()

    # The login has run out meanwhile: nothing is taken, nothing is lost.
    Session.objects.all().delete()
    with phone.page.expect_response(lambda answer: answer.request.method == "POST") as told:
        context.set_offline(False)
    assert told.value.status == 401
    assert waiting(phone) == "2"
    assert not Activity.objects.exists()

    # Signed in again, the first answer gets lost on its way: it is sent once more.
    lost = lose_the_first_answer(phone)
    phone.open("/today/")
    phone.page.fill("input[name=login]", "sato@sakura.example")
    phone.page.fill("input[name=password]", "open sesame 1")
    phone.send("form button.btn--primary")
    phone.page.wait_for_function("document.querySelector('#outbox [data-count]').textContent === '2'")
    phone.page.locator("#outbox [data-send]").tap()
    phone.page.wait_for_selector("#outbox", state="hidden")
    assert len(lost) == 1
    assert phone.page.evaluate("Object.keys(localStorage).filter((key) => /^(outbox|draft)/.test(key))") == []

    kept = Activity.objects.order_by("at")
    assert [(a.deal, a.body) for a in kept] == [
        (deals[0], "地下で話した。来週訪問する。"),
        (deals[1], "倉庫で話した。"),
    ]
    assert all(began <= activity.at <= stopped for activity in kept)

    # And the next cellar finds the quick log at hand again.
    is_at_hand(phone, deals)
    context.set_offline(True)
    written_down(phone, deals[0], "また地下で話した。")
    assert waiting(phone) == "1"
    assert set(map(str.strip, phone.complaints)) <= CONNECTION


def test_a_login_that_runs_out_while_the_log_is_written_loses_nothing(
    visit: Visit, sato: Any, deals: list[Deal]
) -> None:
    phone = visit(sato, viewport=PHONE)
    phone.open(page_of(deals[0]))
    phone.page.fill("#log-body", "決裁者に会えた。")
    Session.objects.all().delete()
    phone.send("#log-form button.btn--primary")
    assert phone.path.startswith("/account/login/")
    assert not Activity.objects.exists()

    phone.page.fill("input[name=login]", "sato@sakura.example")
    phone.page.fill("input[name=password]", "open sesame 1")
    phone.send("form button.btn--primary")
    phone.page.wait_for_selector("#toasts .toast")

    assert Activity.objects.get().body == "決裁者に会えた。"
    assert phone.page.locator("#outbox").is_hidden()


def page_of(deal: Deal) -> str:
    return f"{LOG}?deal={deal.pk}"


def is_at_hand(phone: Visitor, deals: list[Deal]) -> None:
    """The worker has fetched the quick log for these deals."""
    for deal in deals:
        assert phone.page.evaluate(KEPT, page_of(deal)), deal


def written_down(phone: Visitor, deal: Deal, memo: str) -> None:
    phone.open(page_of(deal))
    assert phone.page.locator("[data-offline-badge]").is_visible()
    phone.page.fill("#log-body", memo)
    phone.page.locator("#log-form button.btn--primary").tap()
    assert phone.page.input_value("#log-body") == ""


def waiting(phone: Visitor) -> str:
    """How many the box names."""
    phone.page.wait_for_selector("#outbox", state="visible")
    return str(phone.page.inner_text("#outbox [data-count]"))


def lose_the_first_answer(phone: Visitor) -> list[str]:
    """The server gets the first log, the telephone never hears of it."""
    lost: list[str] = []

    def on_its_way(route: Any) -> None:
        if route.request.method != "POST" or lost:
            return route.fallback()
        lost.append(route.request.url)
        assert route.fetch(max_redirects=0).status == 200
        return route.abort()

    phone.page.route(f"**{LOG}", on_its_way)
    return lost
