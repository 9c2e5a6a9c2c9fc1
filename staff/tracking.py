"""Row history of tables that lists fill: one statement keeps all rows that a statement brought in."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from pghistory import trigger


class _InsertedTogether(trigger.Event):
    """The trigger of pghistory that runs once a statement, asking for who and why once, and not for each row."""

    level = pgtrigger.Statement

    def get_func(self, model: Any) -> pgtrigger.Func:
        row = trigger.Event(
            event_model=self.event_model, label=self.label, name=self.name, row="NEW",
            operation=pgtrigger.Insert, level=pgtrigger.Row,
        )  # fmt: skip
        told = str(row.get_func(model).func)
        columns, _, values = told.removesuffix("; RETURN NULL;").partition(" VALUES ")
        if not values.startswith("(") or not values.endswith(")"):
            raise ValueError("The trigger of pghistory is worded in another way than this module knows.")
        named = values[1:-1].replace("NEW.", "new_values.")
        for name, setting in _ASKED.items():
            named = named.replace(setting, f"asked.{name}")
        asked = ", ".join(f"{setting} AS {name}" for name, setting in _ASKED.items())
        return pgtrigger.Func(
            f"WITH asked AS MATERIALIZED (SELECT {asked}) {columns} SELECT {named} FROM new_values, asked; RETURN NULL;"  # noqa: S608 (names of ours)
        )


_ASKED = {
    "context": "COALESCE(NULLIF(CURRENT_SETTING('pghistory.context_metadata', TRUE), ''), NULL)::JSONB",
    "context_id": "COALESCE(NULLIF(CURRENT_SETTING('pghistory.context_id', TRUE), ''), NULL)::UUID",
}


class InsertsTogether(pghistory.InsertEvent):
    """For `pghistory.track`: what a statement inserts is kept by one more statement, not by one a row."""

    def add_event_trigger(self, event_model: Any) -> None:
        pgtrigger.register(
            _InsertedTogether(
                event_model=event_model, label=self.label, name=self.trigger_name, row="NEW",
                operation=pgtrigger.Insert,
            )
        )(event_model.pgh_tracked_model)  # fmt: skip
