"""What a slice works on, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Model
from django.utils.translation import gettext as _

from crm.lib.text import comma
from integrations.models import ImportRow


@dataclass
class Group:
    """A line and those of the list that speak of the same company, or person."""

    leader: ImportRow
    followers: list[ImportRow]
    left_out: set[int] = field(default_factory=set)

    @property
    def rows(self) -> list[ImportRow]:
        return [self.leader, *self.followers]

    @property
    def wanted(self) -> list[ImportRow]:
        """Those that are to come in."""
        return [row for row in self.rows if row.line not in self.left_out]

    def leave_out(self, row: ImportRow, outcome: str, reason: str = "") -> None:
        row.outcome, row.reason = outcome, reason
        self.left_out.add(row.line)

    def forget(self) -> None:
        """What a rolled-back attempt has written on the rows."""
        for row in self.wanted:
            row.outcome, row.reason = "", ""
            row.company_id = row.site_id = row.contact_id = row.lead_id = row.deal_id = None
            row.made = []


@dataclass
class Result:
    """Counts by what was made: companies, people, leads, appended, unchanged, queued, skipped, refused, not_filled."""

    made: dict[str, int] = field(default_factory=dict)
    # Line → the fields that it did not fill, and why not.
    _not_filled: dict[int, tuple[ImportRow, list[str], str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.made = dict(self.made)

    def count(self, name: str, number: int = 1) -> None:
        if number:
            self.made[name] = self.made.get(name, 0) + number

    def merge(self, other: Result) -> None:
        for name, number in other.made.items():
            self.count(name, number)

    def not_filled(self, row: ImportRow, names: Iterable[str], why: str) -> None:
        """Whoever brought the list may not change the record: the line says so in the end, once for all its fields."""
        self._not_filled.setdefault(row.line, (row, [], why))[1].extend(names)

    def tell_not_filled(self) -> None:
        """Writes into the lines what they did not fill, and counts them."""
        for row, names, why in self._not_filled.values():
            note(row, _("%(fields)s was not filled: %(why)s") % {"fields": comma().join(names), "why": why})
        self.count("not_filled", len(self._not_filled))

    def add(self, row: ImportRow) -> None:
        """What became of one line."""
        self.count(row.outcome)


def note(row: ImportRow, text: str) -> None:
    """Something more that the line says about what became of it."""
    row.reason = f"{row.reason} {text}".strip()[:200]


def labels(model: type[Model], columns: Iterable[str]) -> list[str]:
    """What the fields are called; the parts of an address are one."""
    parts = {"postal_code", "prefecture", "city", "street"}
    fields = (model._meta.get_field(name) for name in columns)
    named = [_("address") if one.name in parts else str(one.verbose_name) for one in fields]  # type: ignore[union-attr]
    return list(dict.fromkeys(named))
