"""How deals, moves and stages write what they change of the rollups: what is counted after, less what was before.

What a row counts is told by one function of the database (`pipeline_deal_tally`, and `pipeline_deal_cohorts` for what its
moves tell); rebuilding and comparing read the same. Statement by statement, so that a change of thousands of deals
writes a few sums and not a row each.
"""

from __future__ import annotations

from dataclasses import dataclass

import pgtrigger

NUMBERS = "n1, n2, n3, n4"
SUMS = ", ".join(f"sum({n}) AS {n}" for n in ("n1", "n2", "n3", "n4"))
ANY = " OR ".join(f"sum({n}) <> 0" for n in ("n1", "n2", "n3", "n4"))
ALL_MOVES = "9223372036854775807"

_BOTH = "old_rows AS o JOIN new_rows AS n ON n.id = o.id"


def signed(sign: str) -> str:
    return ", ".join(f"{sign}t.{n} AS {n}" for n in ("n1", "n2", "n3", "n4"))


def store(parts: str) -> str:
    """Adds the rows up and writes what is not nothing."""
    return f"""
        INSERT INTO pipeline_rollupdelta (figure, team, day, key, {NUMBERS})
        SELECT figure, team, day, key, {SUMS} FROM ({parts}) AS changed
        GROUP BY figure, team, day, key HAVING {ANY};
    """  # noqa: S608 - put together from constants


@dataclass(frozen=True)
class Tally:
    """One kind of record whose rows are counted: `function` of the database is asked with `asked`, columns in its order."""

    nouns: str
    function: str
    asked: tuple[str, ...]

    def columns(self, row: str) -> str:
        return ", ".join(f"{row}.{name}" for name in self.asked)

    def rows(self, row: str, rows: str, sign: str = "") -> str:
        """The statement that counts `rows`, one of which is called `row`."""
        return (
            f"SELECT t.figure, {row}.team_id AS team, t.day, t.key, {signed(sign)} "  # noqa: S608
            f"FROM {rows} CROSS JOIN LATERAL {self.function}({self.columns(row)}) AS t"
        )

    def triggers(self, besides: str = "") -> list[pgtrigger.Trigger]:
        """For rows that come, change and go; `besides` is done after every change."""
        other = f"({self.columns('o')}, o.team_id) IS DISTINCT FROM ({self.columns('n')}, n.team_id)"
        changed = (
            f"{self.rows('o', _BOTH, '-')} WHERE {other} UNION ALL {self.rows('n', _BOTH)} WHERE {other}"
        )

        def after(prefix: str, operation: pgtrigger.Operation, func: str, **rows: str) -> pgtrigger.Trigger:
            return pgtrigger.Trigger(
                name=f"{prefix}{self.nouns}_are_tallied",
                operation=operation,
                referencing=pgtrigger.Referencing(**rows),
                func=func,
                level=pgtrigger.Statement,
                when=pgtrigger.After,
            )

        return [
            after(
                "", pgtrigger.Insert, store(self.rows("n", "new_rows AS n")) + "RETURN NULL;", new="new_rows"
            ),
            after(
                "changed_",
                pgtrigger.Update,
                _when(f"SELECT FROM {_BOTH} WHERE {other}", store(changed)) + besides + _DONE,
                old="old_rows",
                new="new_rows",
            ),
            after(
                "deleted_",
                pgtrigger.Delete,
                store(self.rows("o", "old_rows AS o", "-")) + "RETURN NULL;",
                old="old_rows",
            ),
        ]


def _when(found: str, statement: str) -> str:
    return f"""
                IF EXISTS ({found}) THEN
                    {statement}
                END IF;"""


_DONE = """
                RETURN NULL;
            """

DEALS = Tally("deals", "pipeline_deal_tally", (
    "owner_id", "stage_id", "channel_id", "loss_reason_id", "amount", "weighted_amount", "close_on", "stalls_on",
    "next_action_on", "first_contacted_at", "closed_at", "deleted_at", "criteria_met", "criteria_total",
))  # fmt: skip

_OTHER_COHORT = (
    "(o.team_id <> n.team_id OR o.stage_id <> n.stage_id OR (o.deleted_at IS NULL) <> (n.deleted_at IS NULL))"
)


def _cohorts(row: str, sign: str) -> str:
    return (
        f"SELECT 10 AS figure, {row}.team_id AS team, t.day, t.key, {signed(sign)} "  # noqa: S608
        f"FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id "
        f"CROSS JOIN LATERAL pipeline_deal_cohorts({row}.id, {row}.stage_id, {ALL_MOVES}) AS t "
        f"WHERE {row}.deleted_at IS NULL AND {_OTHER_COHORT}"
    )


def of_deals() -> list[pgtrigger.Trigger]:
    """A new deal has no move yet: its cohorts come with its moves. One that has moves is never deleted."""
    cohorts = store(_cohorts("o", "-") + " UNION ALL " + _cohorts("n", ""))
    return DEALS.triggers(besides=_when(f"SELECT FROM {_BOTH} WHERE {_OTHER_COHORT}", cohorts))


def of_moves() -> pgtrigger.Trigger:
    """Moves are only ever added; what a deal counted before are its moves below the first new one."""
    known = "(SELECT deal_id, min(id) AS first FROM new_rows GROUP BY deal_id) AS added JOIN pipeline_deal AS d ON d.id = added.deal_id"

    def counted(sign: str, below: str) -> str:
        return (
            f"SELECT 10 AS figure, d.team_id AS team, t.day, t.key, {signed(sign)} FROM {known} "  # noqa: S608
            f"CROSS JOIN LATERAL pipeline_deal_cohorts(d.id, d.stage_id, {below}) AS t WHERE d.deleted_at IS NULL"
        )

    return pgtrigger.Trigger(
        name="moves_are_tallied",
        operation=pgtrigger.Insert,
        when=pgtrigger.After,
        level=pgtrigger.Statement,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=store(counted("-", "added.first") + " UNION ALL " + counted("", ALL_MOVES)) + "RETURN NULL;",
    )


def of_stages() -> list[pgtrigger.Trigger]:
    """A stage that comes, goes or gets another place changes what deals have reached: a worker makes it anew."""
    func = f"""
        INSERT INTO pipeline_rollupdelta (figure, team, day, key, {NUMBERS}) VALUES (0, 0, '2000-01-01', NEW.pipeline_id, 1, 0, 0, 0);
        RETURN NULL;
    """  # noqa: S608
    return [
        pgtrigger.Trigger(
            name="new_stage_shifts_cohorts", operation=pgtrigger.Insert, when=pgtrigger.After, func=func
        ),
        pgtrigger.Trigger(
            name="changed_stage_shifts_cohorts",
            operation=pgtrigger.Update,
            when=pgtrigger.After,
            condition=pgtrigger.Condition(
                "OLD.position IS DISTINCT FROM NEW.position OR OLD.kind IS DISTINCT FROM NEW.kind"
            ),
            func=func,
        ),
    ]
