"""What a slice works on, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    """Counts by what was made: companies, people, leads, appended, unchanged, queued, skipped, refused."""

    made: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.made = dict(self.made)

    def count(self, name: str, number: int = 1) -> None:
        if number:
            self.made[name] = self.made.get(name, 0) + number

    def merge(self, other: Result) -> None:
        for name, number in other.made.items():
            self.count(name, number)

    def add(self, row: ImportRow) -> None:
        """What became of one line."""
        self.count(row.outcome)
