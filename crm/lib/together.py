"""Many operations of a migration as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Together(Operation):
    """Operations that do not build on each other, told to the state of the models in one go.

    Django renders the models that an operation concerns, and all that are related to them, anew after each one: nine
    tenths of what an empty database took to migrate. Here they are rendered once. An operation sees the models as
    they are after all of them, so a field that is added does not belong beside the creation of its model.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    @property
    def reversible(self) -> bool:  # type: ignore[override] # an attribute of the class in Django
        return all(operation.reversible for operation in self.operations)

    def describe(self) -> str:
        """The first and how many more, as `migrate --plan` shows it."""
        return f"{self.operations[0].describe()} and {len(self.operations) - 1} more"

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes what is declared; the models are rendered when next asked for."""
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)
