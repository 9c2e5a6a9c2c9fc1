"""What administrators put to use and to rest: templates, automations, steps of playbooks."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from staff import events
from staff.models import User

M = TypeVar("M", bound=Model)


@transaction.atomic
def switch(record: M, on: bool, *, kind: str, by: User, **data: Any) -> M:
    """The record, in use from now on or no longer; told as an event of this kind, with `data`, if it was not so already."""
    found: Any = type(record)._default_manager.select_for_update().get(pk=record.pk)
    if found.is_active != on:
        found.is_active = on
        found.save(update_fields=["is_active"])
        events.record(kind, found, by=by, before={"is_active": not on}, after={"is_active": on}, **data)
    return found  # type: ignore[no-any-return]
