"""Rows that are written once. Triggers refuse to change them, to everyone, the owner of the tables included."""

import pgtrigger


def triggers(what: str) -> list[pgtrigger.Trigger]:
    """For `Meta.triggers` of an append-only model."""
    return [
        pgtrigger.Protect(name=f"{what}_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name=f"{what}_is_never_emptied",
            operation=pgtrigger.Truncate,
            when=pgtrigger.Before,
            level=pgtrigger.Statement,
            func=f"RAISE EXCEPTION '{what} rows are kept for good' USING ERRCODE = 'insufficient_privilege';",
        ),
    ]
