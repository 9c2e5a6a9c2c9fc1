"""Lines of one list that speak of the same company, or of the same person twice."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from django.db import connection

from accounts import matching, neighbours
from accounts.dedup import grouping
from accounts.models import Company
from crm.lib import names
from integrations.imports import keys, understanding
from integrations.imports import rows as staged
from integrations.models import Import, ImportRow

LINES_AT_ONCE = 2000

Standing, Decision = ImportRow.Standing, ImportRow.Decision
# What is known already leads its group, so that all of it goes there.
_RANK: dict[str, int] = {Standing.KNOWN: 2, Standing.SIMILAR: 1}


def find(batch: Import, corrected: Collection[int] | None = None) -> None:
    """Sets `same_as` on each line that belongs to another one, and how it stands because of that.

    With the numbers of `corrected` lines only those change: what a person decided about others stays.
    """
    if batch.kind in (Import.Kind.TOUCHES, Import.Kind.HISTORY):
        return  # what is said twice is there already when it is said again
    shared = _Shared(batch)
    for rows in shared.together(corrected):
        before = {row.pk: (row.same_as, row.standing, row.decision, len(row.matches)) for row in rows}
        if batch.kind == Import.Kind.LEADS:
            _join_people(rows)
        elif batch.kind == Import.Kind.DEALS:
            _join_deals(rows)
        else:
            _join_companies(batch, rows, corrected or (), shared.surroundings)
        changed = [
            row
            for row in rows
            if before[row.pk] != (row.same_as, row.standing, row.decision, len(row.matches))
            and (corrected is None or row.line in corrected)
        ]
        staged.save(changed, "same_as", "standing", "decision", "matches", "score")


class _Shared:
    """Lines that have a key in common, however many lines there are: only these are read and compared."""

    def __init__(self, batch: Import) -> None:
        self.batch = batch
        last = batch.rows.order_by("-line").values_list("line", flat=True).first() or 0
        self._parent = array("l", range(last + 1))
        self._crowded: set[str] = set()
        touched = bytearray(last + 1)
        for key, lines in keys.shared(batch):
            if key[0] in keys.PROVES_LITTLE and len(lines) > grouping.MOST_PER_KEY:
                self._crowded.add(key[1:])
                continue
            for line in lines:
                touched[line] = 1
                self._join(lines[0], line)
        self._groups: dict[int, array[int]] = {}
        for line in (n for n, is_touched in enumerate(touched) if is_touched):
            self._groups.setdefault(self._root(line), array("l")).append(line)

    def together(self, wanted: Collection[int] | None) -> Iterator[list[ImportRow]]:
        """Groups of such lines, some thousand lines at a time; with `wanted` only groups of which one is among these."""
        lines: list[int] = []
        for group in self._groups.values():
            if wanted is not None and not any(line in wanted for line in group):
                continue
            lines += group
            if len(lines) >= LINES_AT_ONCE:
                yield self._rows(lines)
                lines = []
        if lines:
            yield self._rows(lines)

    @cached_property
    def surroundings(self) -> grouping.Surroundings:
        """How the names of the whole list, and of the companies that are there, begin and end."""
        found: dict[str, dict[str, int]] = {"head": {}, "tail": {}, "all": {}}
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH named AS MATERIALIZED (
                    SELECT DISTINCT substr(keys[1], 2) AS name FROM integrations_importrow
                    WHERE batch_id = %s AND keys[1] LIKE 'n%%'
                )
                SELECT 'head', left(name, 2), count(*) FROM named GROUP BY 2
                UNION ALL SELECT 'tail', right(name, 2), count(*) FROM named GROUP BY 2
                UNION ALL SELECT 'all', '', count(*) FROM named
                """,
                [self.batch.pk],
            )
            for which, part, number in cursor.fetchall():
                found[which][part] = number
        of_list = grouping.Surroundings(
            found["head"], found["tail"], found["all"].get("", 0), frozenset(self._crowded)
        )
        return neighbours.with_stored(of_list)

    def _rows(self, lines: Sequence[int]) -> list[ImportRow]:
        names = (
            "line",
            "sender_id",
            "values",
            "standing",
            "decision",
            "score",
            "matches",
            "same_as",
        )
        return staged.load(self.batch, self.batch.rows.filter(line__in=lines).order_by("line"), *names)

    def _root(self, line: int) -> int:
        parent = self._parent
        while parent[line] != line:
            parent[line] = parent[parent[line]]
            line = parent[line]
        return line

    def _join(self, a: int, b: int) -> None:
        a, b = self._root(a), self._root(b)
        self._parent[max(a, b)] = min(a, b)


def _join_people(rows: Sequence[ImportRow]) -> None:
    """The same person twice becomes one lead: the first line with what the others add."""
    first: dict[tuple[str, ...], ImportRow] = {}
    for row in rows:
        keys = list(_person_keys(row))
        leader = next((first[key] for key in keys if key in first), None)
        for key in keys:
            first.setdefault(key, leader or row)
        if leader is not None:
            _follow(row, leader, Standing.KNOWN)


def _join_deals(rows: Sequence[ImportRow]) -> None:
    """A deal is meant twice by one id, or, without ids, by a line that says the very same."""
    first: dict[Any, ImportRow] = {}
    for row in rows:
        key = row.sender_id or tuple(sorted((name, str(value)) for name, value in row.values.items()))
        leader = first.setdefault(key, row)
        if leader is not row:
            _follow(row, leader, Standing.KNOWN)


def _person_keys(row: ImportRow) -> Iterable[tuple[str, ...]]:
    values, person = row.values, understanding.person_key(row)
    if values.get("email"):
        yield ("email", values["email"], person)
    if values.get("company_name") and person:
        yield ("company", names.company_key(values["company_name"]), person)


def _join_companies(
    batch: Import, rows: Sequence[ImportRow], corrected: Collection[int], surroundings: grouping.Surroundings
) -> None:
    candidates = understanding.candidates_of(batch, rows)
    inside = matching.Inside(candidates, surroundings, _stored(rows))
    _weigh_again(rows, inside, corrected)
    group_of: dict[int, list[int]] = {}
    for here, matches in enumerate(inside.matches):
        group_of[here] = [here]
        for match in matches:
            other = group_of[match.record]
            if match.is_certain or _nothing_contradicts(match, candidates[here], candidates[match.record]):
                if other is not group_of[here] and _one_number(rows, [*other, *group_of[here]]):
                    other.extend(group_of[here])
                    for member in group_of[here]:
                        group_of[member] = other
            elif rows[here].standing == Standing.NEW:
                _ask_about(rows[here], rows[match.record], match)
    for group in {id(group): group for group in group_of.values() if len(group) > 1}.values():
        _settle([rows[n] for n in sorted(group)], corrected)


def _stored(rows: Sequence[ImportRow]) -> list[Company]:
    """Companies that lines were found to be like, one by one, as far as whoever brings the list in may see them."""
    ids = {match["id"] for row in rows for match in row.matches if _is_seen(match)}
    return list(Company.objects.active().filter(pk__in=ids).order_by("pk")) if ids else []


def _weigh_again(rows: Sequence[ImportRow], inside: matching.Inside, corrected: Collection[int]) -> None:
    """What a line alone does not say the lines together may: that they are a stored company, or that they are not."""
    for row, group in zip(rows, inside.group_of, strict=True):
        if corrected and row.line not in corrected:
            continue
        for match in row.matches:
            if _is_seen(match) and not _is_settled(match) and match["id"] in inside.group_of_stored:
                is_one = inside.group_of_stored[match["id"]] == group
                match["verdict"] = matching.CERTAIN if is_one else matching.PROBABLE
        row.matches.sort(key=lambda match: match["verdict"] != matching.CERTAIN)
        if row.matches and row.standing in (Standing.KNOWN, Standing.SIMILAR) and _is_seen(row.matches[0]):
            is_one = row.matches[0]["verdict"] == matching.CERTAIN
            row.standing = Standing.KNOWN if is_one else Standing.SIMILAR
            row.decision = Decision.APPEND if is_one else Decision.ASK


def _is_seen(match: dict[str, Any]) -> bool:
    return match["of"] == "company" and not match.get("hidden")


def _is_settled(match: dict[str, Any]) -> bool:
    """By a corporate number, or because the line came in before: other lines change nothing about it."""
    return bool(match.get("before")) or any(
        reason["key"] in ("number", "before") for reason in match["reasons"]
    )


_ALONE = {"only", "single"}
_AGAINST = {"number_differs", "form_differs", "domain_differs", "prefecture_differs", "many_of_the_name"}


def _nothing_contradicts(match: matching.Match, mine: matching.Candidate, other: matching.Candidate) -> bool:
    """One maker's list, one name that nobody else in it seems to have, and nothing that speaks for two companies."""
    said = {reason["key"] for reason in match.reasons}
    return (
        "name" in said
        and bool(said & _ALONE)
        and not said & _AGAINST
        and not (
            mine.prefecture
            and other.prefecture
            and (mine.prefecture, mine.city) != (other.prefecture, other.city)
        )
    )


def _one_number(rows: Sequence[ImportRow], group: Sequence[int]) -> bool:
    return len({rows[n].values.get("corporate_number", "") for n in group} - {""}) <= 1


def _ask_about(row: ImportRow, other: ImportRow, match: matching.Match) -> None:
    told: dict[str, Any] = {"of": "line", "line": other.line, "score": match.score, "verdict": match.verdict}
    row.matches = [*row.matches, told | {"reasons": match.reasons}]
    row.standing, row.decision, row.score = Standing.SIMILAR, Decision.ASK, match.score


def _settle(group: list[ImportRow], corrected: Collection[int]) -> None:
    """The line with the newest facts leads; the others fill what it leaves empty and bring their people."""
    leader = max(
        group,
        key=lambda row: (
            row.line not in corrected,
            _RANK.get(row.standing, 0),
            row.values.get("changed_on", ""),
            -row.line,
        ),
    )
    people = {understanding.person_key(leader)} - {""}
    for row in group:
        if row is leader:
            continue
        person = understanding.person_key(row)
        is_new = person and person not in people and not _is_there(row)
        _follow(row, leader, Standing.NEW if is_new else Standing.KNOWN)
        people.add(person)
    # Two lines of one group are no question.
    lines = {row.line for row in group}
    for row in group:
        row.matches = [match for match in row.matches if match.get("line") not in lines]
        if row.standing == Standing.SIMILAR and not row.matches:
            row.standing, row.decision, row.score = Standing.NEW, Decision.CREATE, 0


def _is_there(row: ImportRow) -> bool:
    """Whether the line's person is one of a stored company, for certain."""
    return bool(row.matches) and row.matches[0].get("contact_verdict") == matching.CERTAIN


def _follow(row: ImportRow, leader: ImportRow, standing: str) -> None:
    row.same_as, row.standing, row.decision = leader.line, standing, Decision.APPEND
