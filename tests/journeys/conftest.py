"""A real Chromium against the real pages, with nothing reached beyond this machine."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from staff.models import User

# The browser's own event loop makes Django believe that it runs inside one.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

FLAGS = [
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--no-first-run", "--no-default-browser-check", "--no-pings", "--metrics-recording-only",
    "--force-color-profile=srgb", "--font-render-hinting=none", "--disable-dev-shm-usage",
]  # fmt: skip
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/journeys" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser per worker."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.fail("Chromium is missing: call bin/test, which installs it, or give --no-browser")
    flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


class Visitor:
    """A person at a browser. What the console complained of is kept in `complaints`."""

    def __init__(self, page: Any, base: str, user: User | None) -> None:
        self.page, self.base, self.user = page, base, user
        self.complaints: list[str] = []
        self.pages = 0  # how many have been gone to
        page.on("framenavigated", self.count)
        page.on("console", lambda message: message.type == "error" and self.complain(message.text))
        page.on("pageerror", lambda error: self.complain(str(error)))

    def complain(self, text: str) -> None:
        if "status of 422" not in text:  # a form that was not right yet
            self.complaints.append(text)

    def count(self, frame: Any) -> None:
        self.pages += 1

    def open(self, path: str) -> Any:
        answer = self.page.goto(self.base + path, wait_until="load")
        return answer.status if answer else 0

    def settled(self) -> None:
        """Waits until no request is on its way."""
        self.page.wait_for_load_state("networkidle")

    @property
    def path(self) -> str:
        return str(self.page.url.removeprefix(self.base))

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", self.page.inner_text("body"))

    def press(self, selector: str) -> None:
        """Clicks the one that is seen."""
        self.page.locator(selector).locator("visible=true").first.click()
        self.settled()

    def send(self, selector: str) -> None:
        """Clicks a button of a form, and waits for its answer and for the page that the answer leads to."""
        before = self.pages
        with self.page.expect_response(lambda answer: answer.request.method == "POST") as told:
            self.page.locator(selector).locator("visible=true").first.click()
        leads_on = told.value.status in (302, 303) or "hx-redirect" in told.value.headers
        deadline = time.monotonic() + 15
        while leads_on and self.pages == before and time.monotonic() < deadline:
            self.page.wait_for_timeout(20)
        self.page.wait_for_timeout(50)  # for what htmx swaps in
        self.settled()


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(chromium: Any, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """`visit(sato)` gives a signed-in visitor; a failing test prints what each one had on the screen."""
    visitors: list[Visitor] = []

    def begin(user: User | None = None, *, viewport: dict[str, int] = DESK, **options: Any) -> Visitor:
        context = chromium.new_context(
            viewport=viewport, locale="ja-JP", timezone_id="Asia/Tokyo", reduced_motion="reduce", **options
        )
        context.set_default_timeout(15_000)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = client.cookies["enishi"].value
            context.add_cookies([{"name": "enishi", "value": session, "url": live_server.url}])
        visitors.append(Visitor(context.new_page(), live_server.url, user))
        return visitors[-1]

    yield begin
    failed = getattr(request.node, "failed", False)
    for visitor in visitors:
        if failed:
            print(f"--- {visitor.user or 'a stranger'} at {visitor.page.url}\n{visitor.text[:3000]}")  # noqa: T201
            print("\n".join(visitor.complaints))  # noqa: T201
        visitor.page.context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed  # type: ignore[attr-defined]
