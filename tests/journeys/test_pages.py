"""Every page on the desk and on the phone, in the light and in the dark: nothing for axe, no sideways scroll, a silent console."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.models import Channel
from activities.log import log_activity
from activities.models import Todo
from pipeline.models import Deal, LossReason, Stage
from staff import access
from staff.models import User
from tests.factories import make_company, make_deal, make_lead, make_user
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
    "accounts:contacts-filters",
    "accounts:company-similar",
    "accounts:company-names",
    "accounts:site-similar",
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
    """Everything that is wrong with the page, on the desk and on the phone; in the dark on one of them.

    What is not of one page alone (menu, tabs, bars) is looked at on all, so the dark comes to both of it.
    """
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
        for theme in ("light", "dark") if (size is DESK) == bool(len(path) % 2) else ("light",):
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


LONG = "東日本エンジニアリングサービスホールディングス株式会社"


def fill(people: dict[str, User]) -> None:
    """Eight open stages, twenty-five people in the team, and for each of them a day full of deals with long names."""
    last = Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline__is_default=True).order_by("position").last()
    with transaction.atomic():
        Stage.objects.filter(pipeline=last.pipeline, position__gt=last.position).update(
            position=F("position") + 3
        )
        there = Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline=last.pipeline).count()
        for n in range(8 - there):
            Stage.objects.create(
                pipeline=last.pipeline, position=last.position + 1 + n, probability=85,
                name_ja=f"最終条件の確認と稟議{n}", name_en=f"Last conditions and consent {n}",
            )  # fmt: skip
    now, company = timezone.now(), make_company(LONG)
    stages = list(Stage.objects.filter(pipeline=last.pipeline, kind=Stage.Kind.OPEN))
    reason = LossReason.objects.all()
    team = people["sato"].team
    crew = [
        make_user(f"seller{n}@example.jp", team, family_name="長曽我部", given_name=f"権左衛門{n}")
        for n in range(24)
    ]
    for n, owner in enumerate([*crew, *[people["sato"]] * 40]):
        deal = make_deal(
            owner, stages[n % 8], company, at=now - timedelta(days=40), amount=(n + 1) * 1_870_000,
            name=f"{LONG}向け 第{n}工場 検査ラインの全面更新と保守", close_on=timezone.localdate(now), channel=Channel.objects.all()[n % 4], criteria_total=7, criteria_met=n % 7,
        )  # fmt: skip
        Todo.objects.create(
            title="見積の条件を役員会の前にもう一度確かめる", owner=owner, team=team, deal=deal, created_by=owner,
            due_on=timezone.localdate(now),
        )  # fmt: skip
        for kind in ("call", "meeting", "mail", "visit"):
            log_activity(kind, deal=deal, by=owner, at=now)
        make_deal(owner, "Won" if n % 3 else "Lost", company, at=now, amount=3_000_000, loss_reason=None if n % 3 else reason[n % 5])  # fmt: skip
        make_lead(owner, LONG, first_contact_due_at=now + timedelta(hours=n), channel=Channel.objects.all()[n % 4])  # fmt: skip
    # What is logged puts these right; here every second deal stalls, and every third has nothing planned.
    today, theirs = timezone.localdate(now), Deal.objects.filter(company=company, closed_at=None)
    for deal in theirs:
        theirs.filter(pk=deal.pk).update(
            stalls_on=today - timedelta(days=3) if deal.pk % 2 else None,
            next_action_on=None if deal.pk % 3 == 0 else today,
        )  # fmt: skip


def test_the_pages_of_figures_fit_one_sheet_with_much_to_say(visit: Visit, world: World) -> None:
    fill(world.people)
    sheets = {}
    for name, person in (("today", "sato"), ("team", "watanabe"), ("business", "kobayashi")):
        visitor = visit(world.people[person])
        visitor.page.set_viewport_size(DESK)
        for language in ("ja", "en"):
            User.objects.update(language=language)
            visitor.open(reverse(f"dashboards:{name}"))
            sheets[name, language] = printed(visitor)

    assert sheets == dict.fromkeys(sheets, 1)


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
