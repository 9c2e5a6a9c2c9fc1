"""What points at a record, found in the registry of models, and what a merge does with it.

Every foreign key of every app to a company, contact, division, site or lead has a declared treatment; one that was
added and not declared yet is moved like the others, and a test asks for its declaration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pghistory.models
from django.apps import apps
from django.db.models import ForeignKey, Model, UniqueConstraint


class Treatment(Enum):
    MOVE = "move"
    # Moved; what belongs to both is asked about when they part, and goes with the record that it belongs to otherwise.
    MOVE_ASKED = "move asked"
    # Moved; of two that are the same once they point at one record, the loser's is taken away.
    MOVE_OR_DROP = "move or drop"
    # Moved; of two that have the same name, the loser's is merged into the winner's.
    COMBINE = "combine"
    # Stays with the absorbed record, for a reason that stands beside the declaration.
    STAY = "stay"
    # Computed from the records, and computed again after a merge.
    COMPUTED = "computed"
    # The code of the merge knows what to do with it.
    OWN = "own"


@dataclass(frozen=True)
class Relation:
    """One foreign key: rows of `model` point by `field` at a record of `target`."""

    model: type[Model]
    field: ForeignKey[Any, Any]
    target: type[Model]

    @property
    def key(self) -> str:
        return f"{self.model._meta.label_lower}.{self.field.name}"

    @property
    def column(self) -> str:
        return str(self.field.attname)

    @property
    def treatment(self) -> Treatment:
        return _DECLARED.get(self.key) or (Treatment.MOVE_OR_DROP if self.may_collide else Treatment.MOVE)

    @property
    def is_declared(self) -> bool:
        return self.key in _DECLARED

    @property
    def may_collide(self) -> bool:
        """Whether two rows that point at one record may be refused by a constraint."""
        if self.field.unique:
            return True
        meta = self.model._meta
        together: list[Any] = [*meta.unique_together]
        together += [c.fields for c in meta.constraints if isinstance(c, UniqueConstraint)]
        return any(self.field.name in fields for fields in together)


_DECLARED: dict[str, Treatment] = {}


def declare(treatments: dict[str, Treatment]) -> None:
    """Called by each app when it is ready: {"app.model.field": treatment}."""
    _DECLARED.update({key.lower(): treatment for key, treatment in treatments.items()})


def of(target: type[Model]) -> Iterator[Relation]:
    """Every foreign key to the model, in the order of apps and models; row histories are left out."""
    for model in apps.get_models(include_auto_created=True):
        if issubclass(model, pghistory.models.Event) or not model._meta.managed or model._meta.proxy:
            continue
        for field in model._meta.local_fields:
            if isinstance(field, ForeignKey) and field.related_model is target:
                yield Relation(model, field, target)


def declared() -> set[str]:
    return set(_DECLARED)
