"""Every row that an import writes carries its name in the row history: by it the import can be told from other hands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pghistory
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.origins import Context, Origin
from integrations.models import Import
from staff import roles
from staff.models import User

_TRACE = re.compile(r"import-(\d+)")


@contextmanager
def under(trace: str, user_id: int) -> Iterator[None]:
    """What is written inside is the trace's, and nothing after it, be it in the same transaction."""
    with pghistory.context(user=user_id, request=trace):
        yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', '', true), set_config('pghistory.context_metadata', '', true)"
        )


def origins(contexts: Sequence[Context], user: User) -> list[Origin | None]:
    """Which list wrote each, with its page for those who bring lists in and may see it."""
    traces = [_TRACE.fullmatch(str(context.get("request") or "")) for context in contexts]
    ids = {int(trace[1]) for trace in traces if trace}
    seen = Import.objects.visible_to(user).filter(pk__in=ids) if ids and roles.can(user, "import") else ()
    shown = {
        batch.pk: Origin(
            _("list %(name)s") % {"name": batch.name}, reverse("integrations:import", args=[batch.pk])
        )
        for batch in seen
    }
    hidden = Origin(_("a list"))
    return [shown.get(int(trace[1]), hidden) if trace else None for trace in traces]
