"""How deals, moves and stages write what they change of the rollups: what is counted after, less what was before.

What a row counts is told by one function of the database (`pipeline_deal_tally`, and `pipeline_deal_cohorts` for what its
moves tell); rebuilding and comparing read the same. Statement by statement, so that a change of thousands of deals
writes a few sums and not a row each.
"""

from __future__ import annotations

import pgtrigger

NUMBERS = "n1, n2, n3, n4"
SUMS = ", ".join(f"sum({n}) AS {n}" for n in ("n1", "n2", "n3", "n4"))
ANY = " OR ".join(f"sum({n}) <> 0" for n in ("n1", "n2", "n3", "n4"))
ALL_MOVES = "9223372036854775807"

# The columns of a deal that `pipeline_deal_tally` asks, in its order.
_ASKED = (
    "owner_id", "stage_id", "channel_id", "loss_reason_id", "amount", "weighted_amount", "close_on", "stalls_on",
    "next_action_on", "first_contacted_at", "closed_at", "deleted_at", "criteria_met", "criteria_total",
)  # fmt: skip


def columns(row: str, names: tuple[str, ...] = _ASKED) -> str:
    return ", ".join(f"{row}.{name}" for name in names)


def signed(sign: str) -> str:
    return ", ".join(f"{sign}t.{n} AS {n}" for n in ("n1", "n2", "n3", "n4"))


def store(parts: str) -> str:
    """Adds the rows up and writes what is not nothing."""
    return f"""
        INSERT INTO pipeline_rollupdelta (figure, team, day, key, {NUMBERS})
        SELECT figure, team, day, key, {SUMS} FROM ({parts}) AS changed
        GROUP BY figure, team, day, key HAVING {ANY};
    """  # noqa: S608 - put together from constants


def tallied(row: str, rows: str, sign: str = "") -> str:
    return (
        f"SELECT t.figure, {row}.team_id AS team, t.day, t.key, {signed(sign)} "  # noqa: S608
        f"FROM {rows} CROSS JOIN LATERAL pipeline_deal_tally({columns(row)}) AS t"
    )


def _cohorts(row: str, sign: str) -> str:
    return (
        f"SELECT 10 AS figure, {row}.team_id AS team, t.day, t.key, {signed(sign)} "  # noqa: S608
        f"FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id "
        f"CROSS JOIN LATERAL pipeline_deal_cohorts({row}.id, {row}.stage_id, {ALL_MOVES}) AS t "
        f"WHERE {row}.deleted_at IS NULL AND {_OTHER_COHORT}"
    )


_BOTH = "old_rows AS o JOIN new_rows AS n ON n.id = o.id"
_OTHER = f"({columns('o')}, o.team_id) IS DISTINCT FROM ({columns('n')}, n.team_id)"
_OTHER_COHORT = (
    "(o.team_id <> n.team_id OR o.stage_id <> n.stage_id OR (o.deleted_at IS NULL) <> (n.deleted_at IS NULL))"
)


def of_deals() -> list[pgtrigger.Trigger]:
    """A new deal has no move yet: its cohorts come with its moves. One that has moves is never deleted."""
    return [
        pgtrigger.Trigger(
            name="deals_are_tallied",
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="new_rows"),
            func=store(tallied("n", "new_rows AS n")) + "RETURN NULL;",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
        ),
        pgtrigger.Trigger(
            name="changed_deals_are_tallied",
            operation=pgtrigger.Update,
            referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
            func=f"""
                IF EXISTS (SELECT FROM {_BOTH} WHERE {_OTHER}) THEN
                    {
                store(
                    tallied("o", _BOTH, "-")
                    + f" WHERE {_OTHER} UNION ALL "
                    + tallied("n", _BOTH)
                    + f" WHERE {_OTHER}"
                )
            }
                END IF;
                IF EXISTS (SELECT FROM {_BOTH} WHERE {_OTHER_COHORT}) THEN
                    {store(_cohorts("o", "-") + " UNION ALL " + _cohorts("n", ""))}
                END IF;
                RETURN NULL;
            """,  # noqa: S608
            level=pgtrigger.Statement,
            when=pgtrigger.After,
        ),
        pgtrigger.Trigger(
            name="deleted_deals_are_tallied",
            operation=pgtrigger.Delete,
            referencing=pgtrigger.Referencing(old="old_rows"),
            func=store(tallied("o", "old_rows AS o", "-")) + "RETURN NULL;",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
        ),
    ]


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
