"""Every page in both themes, on the desk and on the phone: nothing for axe, no sideways scroll, a silent console."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from staff import access
from tests.journeys.conftest import DESK, PHONE, Visit, Visitor
from tests.people import make_everybody
from tests.site.access_cases import CASES, expected
from tests.site.access_world import World, build_world
from tests.site.test_access import OURS

AXE = (Path(__file__).parents[1] / "vendor/axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What answers with something else than a page of its own.
NO_PAGE = {
    "home",
    "health-live",
    "health-ready",
    "accounts:companies-filters",
    "accounts:company-similar",
    "accounts:company-names",
    "accounts:company-file",
    "pipeline:filters",
    "staff:custom-filters",
    "pipeline:company-options",
    "pipeline:contact-options",
    "pipeline:deal-file",
    "leads:lead-panel",
    "leads:lead-similar",
    "activities:offered-texts",
    "activities:offline-worker",
    "dashboards:follow-ups",
    "dashboards:meeting-following",
    "dashboards:meeting-pdf",
    "dashboards:roi-rows",
    "integrations:export",
    "integrations:import-template",
    "integrations:import-progress",
    "integrations:import-report",
    "integrations:import-rows",
}
LIBRARY = [
    "account_login",
    "account_reset_password",
    "account_change_password",
    "account_email",
    "account_logout",
    "mfa_index",
    "usersessions_list",
]
# A theme that was just changed fades in, an inherited colour one element deeper a frame.
FADED_IN = """async () => {
    for (let still = 0, frame = 0; still < 3 && frame < 60; frame++) {
        const moving = document.getAnimations();
        moving.forEach((animation) => animation.finish());
        still = moving.length ? 0 : still + 1;
        await new Promise(requestAnimationFrame);
    }
}"""
STICKS_OUT = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return "";
    const out = [...document.querySelectorAll("body *")].filter((it) => it.getBoundingClientRect().right > width + 1);
    return out.slice(-3).map((it) => `${it.tagName}.${it.className}`.toLowerCase()).join(", ") || "something";
}"""
# What the top bar offers and a phone does not show, though the other actions are asked for.
OUT_OF_REACH = """() => [...document.querySelectorAll(".top-acts .btn:not([data-more])")]
    .filter((it) => !it.offsetParent && !it.closest("[popover]") && !it.parentElement.closest(".only-desk"))
    .map((it) => it.textContent.trim())"""
# What shows something only when it is asked for something.
ASKED = {"search", "activities:log", "activities:todo-new", "pipeline:bulk"}
PAGES = [name for name in OURS if name not in NO_PAGE and "GET" in CASES[name].takes]


def axe(visitor: Visitor, *rules: str) -> list[str]:
    """What axe finds, a line each; with `rules` only these."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    visitor.page.evaluate(FADED_IN)
    found = visitor.page.evaluate(
        "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only
    )
    return [
        f"{violation['id']}: {node['html'][:200]} ({node['failureSummary'][:200]})"
        for violation in found["violations"]
        for node in violation["nodes"][:4]
    ]


def faults(visitor: Visitor, path: str) -> list[str]:
    """Everything that is wrong with the page, in each of its four looks."""
    page, found = visitor.page, []
    visitor.complaints.clear()
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    status = visitor.open(path)
    if status >= 400:
        return [f"answers {status}"]
    page.evaluate(AXE)
    for size, where in ((DESK, "desk"), (PHONE, "phone")):
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            rules = () if theme == "light" else ("color-contrast",)
            found += [f"{where}, {theme}: {fault}" for fault in axe(visitor, *rules)]
    page.set_viewport_size(PHONE)
    if (more := page.locator("[data-more]")).is_visible():
        more.click()
    found += [f"phone: “{action}” is out of reach" for action in page.evaluate(OUT_OF_REACH)]
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 700})
        beyond = page.evaluate(STICKS_OUT)
        found += [f"{width} px: {beyond} sticks out"] if beyond else []
    return found + [f"console: {text}" for text in visitor.complaints]


ONE_SHEET = ("dashboards:today", "dashboards:team", "dashboards:business", "dashboards:roi")


@pytest.fixture
def world(visit: Visit, settings: Any, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path
    return build_world(make_everybody())


def may(world: World, person: str, name: str) -> bool:
    return expected(CASES[name], world, world.people[person], "GET", world.open) == "ok"


@pytest.mark.parametrize("person", ["sato", "watanabe", "kobayashi", "ito"])
def test_every_page_is_without_fault(person: str, visit: Visit, world: World) -> None:
    """Each page is looked at once, by the first of these who may open it."""
    people = ["sato", "watanabe", "kobayashi", "ito"]
    earlier = people[: people.index(person)]
    mine = [n for n in PAGES if may(world, person, n) and not any(may(world, e, n) for e in earlier)]
    visitor = visit(world.people[person])
    complaints: dict[str, list[str]] = {}
    for name in mine:
        case = CASES[name]
        url = reverse(name, kwargs=case.kwargs(world.open))
        if case.sent and "GET" in case.takes and name in ASKED:
            url += "?" + "&".join(f"{key}={value}" for key, value in case.sent(world.open).items())
        complaints[name] = faults(visitor, url)
        if name in ONE_SHEET and (sheets := printed(visitor)) != 1:
            complaints[name].append(f"printed on {sheets} sheets")

    assert not any(complaints.values()), report(complaints)


def printed(visitor: Visitor) -> int:
    """On how many sheets the page comes out of the printer."""
    paper = visitor.page.pdf(prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", paper))


def test_pages_of_the_library_and_errors_are_without_fault(visit: Visit, world: World) -> None:
    stranger, sato = visit(None), visit(world.people["sato"])
    complaints = {}
    for name in LIBRARY:
        who = stranger if access.EXTERNAL[name].public else sato
        complaints[name] = faults(who, reverse(name))

    assert not any(complaints.values()), report(complaints)


def test_a_page_that_is_not_there_says_so_in_the_shell(visit: Visit, world: World) -> None:
    visitor = visit(world.people["sato"])

    assert visitor.open("/nowhere/") == 404
    visitor.page.evaluate(AXE)
    assert axe(visitor) == []


def report(complaints: dict[str, list[str]]) -> str:
    return "\n".join(f"{name}\n    " + "\n    ".join(them[:12]) for name, them in complaints.items() if them)
