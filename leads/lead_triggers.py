"""How leads write what they change of the figures added up ahead (`pipeline.rollups`)."""

from __future__ import annotations

import pgtrigger

from pipeline.models.rollup_triggers import NUMBERS, signed, store

_ASKED = ("channel_id", "state", "received_at", "deleted_at", "first_contact_due_at", "first_contacted_at")


def _columns(row: str) -> str:
    return ", ".join(f"{row}.{name}" for name in _ASKED)


# Company, team, figure, day, key and numbers of every lead, for readers and for comparing.
ROWS = f"""
    SELECT l.company_id, l.team_id AS team, t.figure, t.day, t.key, {NUMBERS}
    FROM leads_lead AS l CROSS JOIN LATERAL leads_lead_tally({_columns("l")}) AS t
"""  # noqa: S608 - put together from constants

_BOTH = "old_rows AS o JOIN new_rows AS n ON n.id = o.id"
_OTHER = f"({_columns('o')}, o.team_id) IS DISTINCT FROM ({_columns('n')}, n.team_id)"


def _tallied(row: str, rows: str, sign: str = "") -> str:
    return (
        f"SELECT t.figure, {row}.team_id AS team, t.day, t.key, {signed(sign)} "  # noqa: S608
        f"FROM {rows} CROSS JOIN LATERAL leads_lead_tally({_columns(row)}) AS t"
    )


def of_leads() -> list[pgtrigger.Trigger]:
    changed = f"{_tallied('o', _BOTH, '-')} WHERE {_OTHER} UNION ALL {_tallied('n', _BOTH)} WHERE {_OTHER}"
    return [
        pgtrigger.Trigger(
            name="leads_are_tallied",
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="new_rows"),
            func=store(_tallied("n", "new_rows AS n")) + "RETURN NULL;",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
        ),
        pgtrigger.Trigger(
            name="changed_leads_are_tallied",
            operation=pgtrigger.Update,
            referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
            func=f"""
                IF EXISTS (SELECT FROM {_BOTH} WHERE {_OTHER}) THEN
                    {store(changed)}
                END IF;
                RETURN NULL;
            """,  # noqa: S608
            level=pgtrigger.Statement,
            when=pgtrigger.After,
        ),
        pgtrigger.Trigger(
            name="deleted_leads_are_tallied",
            operation=pgtrigger.Delete,
            referencing=pgtrigger.Referencing(old="old_rows"),
            func=store(_tallied("o", "old_rows AS o", "-")) + "RETURN NULL;",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
        ),
    ]
