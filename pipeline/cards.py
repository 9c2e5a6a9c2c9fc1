"""A deal as cards and rows show it: every text made once, so that the templates only place them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from crm.lib import dates, money, paths
from crm.templatetags import ui
from pipeline.columns import Column
from pipeline.models import Deal
from staff import access
from staff.models import User

# The icon of what is to be done next.
ICONS = {
    "call": "phone", "mail": "mail", "meeting": "users", "visit": "visit", "proposal": "doc", "memo": "edit",
}  # fmt: skip


@dataclass(frozen=True)
class Card:
    """What is shown of one deal, in the reader's language."""

    deal: Deal
    today: date
    language: str
    reader: User
    zone: tzinfo
    # What stands in columns that were added to the list.
    added: Sequence[tuple[Column, str]] = ()

    @cached_property
    def key(self) -> str:
        """The deal, and a mark of all that its card shows: the same as long as nobody would see a difference."""
        deal = self.deal
        shown = (
            deal.version, deal.name, deal.amount, deal.close_on, deal.next_action_on, deal.next_action_kind, deal.stalls_on,
            deal.stage_entered_at, deal.criteria_met, deal.criteria_total, deal.company.name, deal.owner_id,
            deal.owner.family_name, self.today, self.language,
        )  # fmt: skip
        return f"{deal.pk}.{zlib.crc32(repr(shown).encode()) & 0xFFFFFF:x}"

    @property
    def url(self) -> str:
        return self.deal.get_absolute_url()

    @property
    def move_url(self) -> str:
        return paths.of("pipeline:deal-stage", self.deal.pk)

    @cached_property
    def may_edit(self) -> bool:
        """Whether a row offers to change it where it stands."""
        return self.deal.is_open and access.allows(self.reader, "edit deal", self.deal)

    @property
    def amount_url(self) -> str:
        return paths.of("pipeline:deal-fact", self.deal.pk, "amount")

    @property
    def close_url(self) -> str:
        return paths.of("pipeline:deal-fact", self.deal.pk, "close_on")

    @property
    def version(self) -> str:
        return str(self.deal.version)

    @property
    def company(self) -> str:
        return self.deal.company.short_name

    @property
    def owner_class(self) -> str:
        """One's own initial is blue."""
        return "ava ava--me" if self.deal.owner_id == self.reader.pk else "ava"

    @property
    def pips(self) -> SafeString:
        return ui.pips(self.deal.criteria_met, self.deal.criteria_total)

    @property
    def stay(self) -> str:
        """12日"""
        return _stay(self.days, self.language)

    @property
    def stalled_for(self) -> str:
        """停滞 12日"""
        return _stalled_for(self.days, self.language)

    @property
    def amount(self) -> str:
        return money.short(self.deal.amount, self.language) if self.deal.amount is not None else ""

    @property
    def weighted(self) -> str:
        return money.short(self.deal.weighted_amount, self.language) if self.deal.amount is not None else ""

    @property
    def close(self) -> str:
        return self.short(self.deal.close_on)

    @property
    def next(self) -> str:
        return self.short(self.deal.next_action_on)

    @property
    def next_icon(self) -> str:
        return ICONS.get(self.deal.next_action_kind, "task")

    @property
    def is_overdue(self) -> bool:
        return bool(self.deal.is_open and self.deal.next_action_on and self.deal.next_action_on < self.today)

    @property
    def is_stalled(self) -> bool:
        return bool(self.deal.is_open and self.deal.stalls_on and self.deal.stalls_on <= self.today)

    @property
    def lacks_action(self) -> bool:
        return self.deal.is_open and self.deal.next_action_on is None

    @property
    def days(self) -> int:
        """Whole days in the stage, as on every page; of a closed deal, the days until it was closed are another matter."""
        return (self.today - self.deal.stage_entered_at.astimezone(self.zone).date()).days

    @property
    def html(self) -> SafeString:
        """The card of the board, up to the next one; written without a template, since a board has 160 of them."""
        deal, words = self.deal, _words(self.language)
        kind = '"kcard kcard--stall"' if self.is_stalled else "kcard"
        return mark_safe(  # noqa: S308 - what people typed is escaped
            f"<li data-card={self.key} class={kind}><p class=co>{escape(self.company)}</p>"
            f"<h3><a href={self.url}>{escape(deal.name)}</a></h3>"
            f"<p class=money><b>{self.amount or words.no_amount}</b><span>{self.close or words.no_day}</span></p>"
            f"{self._flags(words)}<footer>{self.pips}{self._next(words)}"
            f'<span class="{self.owner_class} push" title="{escape(deal.owner.family_name)}">{escape(deal.owner.initial)}</span>'
            f"</footer><form data-move action={self.move_url} hx-post={self.move_url}>"
            f"<input type=hidden name=seen value={self.version}>"
            f'<button name=menu class=kmenu aria-label="{words.move}">⋯</button></form>'
        )

    def _flags(self, words: _Words) -> str:
        found = ""
        if self.is_stalled:
            found = f'<span class="badge badge--stall">{ui.icon("stall")}{self.stalled_for}</span>'
        if self.lacks_action:
            found += f'<span class="badge badge--warn">{ui.icon("flag")}{words.no_action}</span>'
        return f"<p class=flags>{found}</p>" if found else ""

    def _next(self, words: _Words) -> str:
        if not self.next:
            return ""
        kind, said = "next", ""
        if self.is_overdue:
            kind, said = '"next t-shu"', f"<span class=vh>{words.overdue}</span>"
        return f"<span class={kind}>{ui.icon(self.next_icon)}{self.next}{said}</span>"

    def short(self, day: date | None) -> str:
        """7/14; with its year when it is far; 今日."""
        if day is None:
            return ""
        if day == self.today:
            return dates.near(day, self.today, self.language)
        if abs((day - self.today).days) > 180 and day.year != self.today.year:
            return f"{day.year}/{day.month}/{day.day}"
        return f"{day.month}/{day.day}"


def cards_of(
    deals: list[Deal],
    today: date,
    reader: User,
    added: Mapping[int, Sequence[tuple[Column, str]]] | None = None,
) -> list[Card]:
    language, zone = get_language() or "ja", timezone.get_current_timezone()
    return [Card(deal, today, language, reader, zone, (added or {}).get(deal.pk, ())) for deal in deals]


class _Words(NamedTuple):
    """Said on many cards."""

    no_amount: str
    no_day: str
    no_action: str
    overdue: str
    move: str


@lru_cache(maxsize=10)
def _words(_language: str) -> _Words:
    said = (_("Amount open"), _("No date"), _("No next action"), _("overdue"), _("Move"))
    return _Words(*map(escape, said))


# A board has 160 cards, and few numbers of days.


@lru_cache(maxsize=4000)
def _stay(days: int, _language: str) -> str:
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@lru_cache(maxsize=4000)
def _stalled_for(days: int, _language: str) -> str:
    if days < 1:  # it came today, and stands still for another reason than its stay
        return _("Stalled")
    return ngettext("Stalled %(n)s day", "Stalled %(n)s days", days) % {"n": days}
