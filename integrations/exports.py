"""Any list as a file: exactly the rows that the person sees with the filters of the list, and no more.

One registry for all lists. Files are streamed; no cell of them becomes a formula; taking data out is itself an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from integrations.exported import EXPORTS, Column, Export
from staff import events, log, roles
from staff.custom import values as custom
from staff.models import CustomField, Event, User

__all__ = ["EXPORTS"]

EXPORTED = "list.exported"
FORMATS = {"xlsx": "xlsx", "csv": "csv", "cp932": "csv"}
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv", "cp932": "text/csv",
}  # fmt: skip
_AT_ONCE = 1000


def may(user: User, name: str) -> bool:
    """Whether the person may take the list out: a capability decides, and for some lists another one besides."""
    return roles.can(user, "export") and roles.can(user, EXPORTS[name].capability)


@transaction.atomic
def note(name: str, params: QueryDict, form: str, *, by: User) -> Event:
    """Taking data out is written down: who, which list, narrowed how, how many rows."""
    used = {key: value for key, value in params.items() if key != "format" and value}
    count = EXPORTS[name].rows(by, params).order_by().count()
    return events.record(EXPORTED, by, by=by, list=name, format=form, narrowed=used, rows=count)


def table(name: str, user: User, params: QueryDict) -> Iterator[list[Any]]:
    """The header and the rows, read as they are sent. With `fields=shown` the columns that the list shows, else all."""
    export = EXPORTS[name]
    rows = export.rows(user, params)
    if name == "log":
        yield from _log(user, rows)
        return
    columns = _columns(export, user, params)
    yield [str(column if isinstance(column, CustomField) else column[0]) for column in columns]
    own = [column.pk for column in columns if isinstance(column, CustomField)]
    for chunk in _chunks(rows.iterator(chunk_size=_AT_ONCE)):
        held = custom.read(export.subject, [row.pk for row in chunk], own) if own else {}
        for row in chunk:
            yield [_cell(column, row, held.get(row.pk, {})) for column in columns]


def _columns(export: Export, user: User, params: QueryDict) -> list[Column | CustomField]:
    if export.shown and params.get("fields") == "shown":
        return export.shown(user, params)
    own = custom.fields_of(export.subject) if export.subject else []
    return [*export.columns, *own]


def _cell(column: Column | CustomField, row: Any, there: dict[int, Any]) -> Any:
    if isinstance(column, CustomField):
        return custom.plain(column, there.get(column.pk))
    return column[1](row)


def _log(user: User, rows: QuerySet[Event]) -> Iterator[list[Any]]:
    labels = (_("day"), _("who"), _("what"), _("record"), _("before"), _("after"), _("address"), _("event"))
    yield [str(label) for label in labels]
    for chunk in _chunks(rows.iterator(chunk_size=_AT_ONCE)):
        for entry in log.entries(user, chunk):
            e = entry.event
            who = str(entry.actor) if entry.actor else ""
            before = " / ".join(f"{label}: {was}" for label, was, _now in entry.changes)
            after = " / ".join(f"{label}: {now}" for label, _was, now in entry.changes)
            yield [e.happened_at, who, entry.text, entry.subject, before, after, str(e.address or ""), e.kind]


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
