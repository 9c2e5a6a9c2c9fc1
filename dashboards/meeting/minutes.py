"""議事録: what a meeting decided and looked at, for a page, for paper and for the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from crm.lib import money
from dashboards.figures.kpis import Rate
from dashboards.meeting import changes, promises
from dashboards.meeting.changes import Change, Changes
from dashboards.meeting.models import Decision, Meeting
from dashboards.meeting.promises import Promises
from staff import roles
from staff.models import User


@dataclass(frozen=True)
class StageFigure:
    name: str
    won: Rate


@dataclass(frozen=True)
class Minutes:
    """One meeting on paper, as far as the reader may see what was spoken about."""

    meeting: Meeting
    decided: Promises
    earlier: Promises | None
    lately: Rate
    changes: Changes
    rate: Rate | None
    lead_time: dict[str, Any]
    stages: list[StageFigure]

    @property
    def decisions(self) -> list[Decision]:
        """In the order in which they were made."""
        return sorted(self.decided.rows, key=lambda row: (row.at, row.pk))

    @property
    def took_minutes(self) -> int:
        return max(1, round(self.meeting.took.total_seconds() / 60))


def of(meeting: Meeting, user: User, today: date) -> Minutes:
    """Decisions and promises stand as they are today; the figures as they were when the meeting ended.

    They are shown to whoever led and to those who may read everything.
    """
    language, kept = get_language() or "ja", meeting.figures if _sees_figures(meeting, user) else {}
    count, average, median = kept.get("lead_time") or (0, None, None)
    return Minutes(
        meeting=meeting,
        decided=promises.of_meeting(meeting, user, today),
        earlier=promises.before(meeting, user, today),
        lately=promises.lately(meeting, user, today),
        changes=changes.since(meeting, user),
        rate=Rate(*kept["rate"]) if kept else None,
        lead_time={"count": count, "average": average, "median": median},
        stages=[
            StageFigure(stage["en" if language == "en" else "ja"], Rate(*stage["won"]))
            for stage in kept.get("stages", [])
        ],
    )


def _sees_figures(meeting: Meeting, user: User) -> bool:
    """They were summed over what whoever led may see; others could see less."""
    return user.pk == meeting.led_by_id or roles.can(user, "read everything")


def as_document(minutes: Minutes) -> dict[str, Any]:
    """What the PDF is set from, in the current language."""
    meeting, language = minutes.meeting, get_language() or "ja"
    named = {"team": str(meeting.team), "day": f"{meeting.held_on:%Y/%-m/%-d}"}
    return {
        "lang": language,
        "title": _("Minutes of %(team)s, %(day)s") % named,
        "subtitle": ngettext(
            "Led by %(name)s, %(minutes)s minute",
            "Led by %(name)s, %(minutes)s minutes",
            minutes.took_minutes,
        )
        % {"name": meeting.led_by.full_name, "minutes": minutes.took_minutes},
        "footer": f"Enishi {named['team']} {named['day']}",
        "figures": _figures(minutes),
        "tables": [_decisions(minutes), *_earlier(minutes), *_stages(minutes), *_moved(minutes)],
    }


def _figures(minutes: Minutes) -> list[dict[str, str]]:
    kept = [(_("Kept so far"), minutes.decided.rate), (_("Kept over the last 12 meetings"), minutes.lately)]
    if minutes.rate:
        kept.append((_("Lead-to-deal rate"), minutes.rate))
    figures = [{"label": label, **_percent(rate)} for label, rate in kept]
    if minutes.lead_time["average"] is not None:
        average = minutes.lead_time["average"]
        days = ngettext("%(n)s day", "%(n)s days", average) % {"n": average}
        note = _("median %(n)s") % {"n": minutes.lead_time["median"]}
        figures.append({"label": _("Average lead time"), "value": days, "note": note})
    return figures


def _percent(rate: Rate) -> dict[str, str]:
    value = "—" if rate.percent is None else f"{rate.percent}%"
    return {"value": value, "note": f"{rate.part}/{rate.whole}"}


def _table(title: str, head: list[str], widths: list[float], rows: list[list[str]]) -> dict[str, Any]:
    return {"title": title, "head": head, "widths": widths, "rows": rows, "empty": _("Nothing")}


_WIDTHS = [2.2, 1.8, 3.5, 1.2, 0.8, 1.0]


def _decisions(minutes: Minutes) -> dict[str, Any]:
    head = [_("Deal"), _("Decision"), _("What to do"), _("Who"), _("By when"), _("Result")]
    rows = [_decision(row) for row in minutes.decisions]
    return _table(_("What was decided"), head, _WIDTHS, rows)


def _decision(row: Decision) -> list[str]:
    return [
        f"{row.deal.name}\n{row.deal.company.short_name}", str(row.get_kind_display()), row.title,
        row.owner.full_name, f"{row.due_on:%-m/%-d}", str(row.outcome_label),
    ]  # fmt: skip


def _earlier(minutes: Minutes) -> list[dict[str, Any]]:
    if minutes.earlier is None:
        return []
    head = [_("Deal"), _("Decision"), _("What was to be done"), _("Who"), _("By when"), _("Result")]
    title = _("Decisions of %(day)s") % {"day": f"{minutes.earlier.meeting.held_on:%-m/%-d}"}
    return [_table(title, head, _WIDTHS, [_decision(row) for row in minutes.earlier.rows])]


def _stages(minutes: Minutes) -> list[dict[str, Any]]:
    if not minutes.stages:
        return []
    row = [" ".join(_percent(stage.won).values()) for stage in minutes.stages]
    return [_table(_("Stage win rate"), [stage.name for stage in minutes.stages], [1.0] * len(row), [row])]


def _moved(minutes: Minutes) -> list[dict[str, Any]]:
    """Only when something did."""
    rows = [
        [
            WORDS[row.kind](),
            f"{row.deal.company.short_name} {row.deal.name}",
            _in_words(row),
            row.deal.owner.full_name,
            "" if row.deal.amount is None else money.short(row.deal.amount, get_language() or "ja"),
        ]
        for row in minutes.changes.shown
    ]
    head = [_("What"), _("Deal"), _("From, to"), _("In charge"), _("Amount")]
    return [_table(_("What moved since last week"), head, [1, 3.4, 2.4, 1.2, 1], rows)] if rows else []


def _in_words(row: Change) -> str:
    before, after = (_value(value) for value in (row.before, row.after))
    return f"{before} → {after}" if before and before != after else after


def _value(value: Any) -> str:
    if isinstance(value, Decimal):
        return money.short(value, get_language() or "ja")
    return f"{value:%-m/%-d}" if isinstance(value, date) else str(value or "")


WORDS: dict[str, Callable[[], str]] = {
    "won": lambda: _("Won"),
    "lost": lambda: _("Lost"),
    "back": lambda: _("Went back"),
    "on": lambda: _("Went on"),
    "new": lambda: pgettext("deal", "New"),
    "less": lambda: _("Amount fell"),
    "more": lambda: _("Amount rose"),
    "later": lambda: pgettext("close", "Put off"),
    "sooner": lambda: _("Brought forward"),
}
