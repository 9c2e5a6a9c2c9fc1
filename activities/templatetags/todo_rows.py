"""Todos as lists show them: `{% load todo_rows %}`.

Written without templates: the rows took a third of what 今日 took.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from activities import rows
from activities.models import Todo
from activities.rows import TodoRow
from crm.lib.text import dot
from crm.templatetags import ui

register = template.Library()
_CSRF = CsrfTokenNode()


@register.simple_tag(takes_context=True)
def todo_rows(context: Any, todos: Iterable[Todo]) -> SafeString:
    """A list of todos that were read with `for_rows()`; ticking one swaps its row."""
    found = rows.rows(todos, context["request"].user, timezone.localdate())
    csrf = _CSRF.render(context)
    items = "".join([_item(row, csrf) for row in found])
    return mark_safe(f'<ul class="todo" data-nav>{items}</ul>')  # noqa: S308 - see _item


@register.simple_tag(takes_context=True)
def todo_row(context: Any, row: TodoRow, plain: bool = False, oob: bool = False) -> SafeString:
    """One of them; `plain` on the page of what it is about, `oob` where an answer brings it beside something else."""
    return mark_safe(_item(row, _CSRF.render(context), plain=plain, oob=oob))  # noqa: S308 - see _item


def _item(row: TodoRow, csrf: str, *, plain: bool = False, oob: bool = False) -> str:
    """What people typed is escaped, piece by piece."""
    swap = ' hx-swap-oob="true"' if oob else ""
    about = "" if plain else _about(row)
    pips = "" if plain else _pips(row)
    return (
        f'<li id="todo-{row.todo.pk}"{swap}>{_tick(row, csrf)}<span class="ic mute">{ui.icon(row.icon)}</span>'
        f'<span class="t">{_title(row, plain)}{about}</span><span class="end">{pips}{_end(row, plain)}</span></li>'
    )


def _tick(row: TodoRow, csrf: str) -> str:
    if not row.may_edit:
        return '<span class="tick" aria-hidden="true"></span>'
    if row.todo.done_at:
        swap, mark = 'hx-swap="none"', 'class="tick t-ok"'
    else:
        swap = f'hx-target="#todo-{row.todo.pk}" hx-swap="outerHTML" data-optimistic'
        mark = 'class="tick" data-key="e"'
    return (
        f'<form method="post" action="{row.tick_url}" hx-post="{row.tick_url}" {swap}>{csrf}'
        f'<button {mark} aria-label="{escape(row.tick_label)}">{ui.icon("check")}</button></form>'
    )


def _title(row: TodoRow, plain: bool) -> str:
    title = escape(row.todo.title)
    if row.todo.done_at:
        return f'<s class="mute">{title}</s>'
    return f'<a href="{row.url}">{title}</a>' if row.url and not plain else f"<b>{title}</b>"


def _about(row: TodoRow) -> str:
    if not row.about:
        return ""
    todo, fact = row.todo, ""
    if todo.deal and todo.deal.amount:
        fact = ui.short_money(todo.deal.amount)
    elif todo.lead:
        fact = _("%(n)s points") % {"n": todo.lead.score}
    shown = f'<span class="nowrap">{dot()}{escape(fact)}</span>' if fact else ""
    return f'<span class="sub">{escape(row.about)}{shown}</span>'


def _pips(row: TodoRow) -> str:
    if not row.pips or row.todo.done_at:
        return ""
    return f'<span class="only-desk">{ui.pips(*row.pips)}</span>'


def _end(row: TodoRow, plain: bool) -> str:
    """Done, or by when: that opens the day's dialog."""
    if row.todo.done_at:
        return f'<span class="badge badge--ok">{ui.icon("check")}{escape(_("Done"))}</span>'
    url, key = row.todo.get_absolute_url(), "" if plain else ' data-key="a"'
    mark = " t-shu b" if row.is_late else " b" if row.is_today else ""
    late = f'{ui.icon("alert")}<span class="vh">{escape(_("overdue"))} </span>' if row.is_late else ""
    return (
        f'<a class="due{mark}" href="{url}" hx-get="{url}" hx-target="#dialogs" hx-swap="innerHTML"{key}>'
        f'<span class="vh">{escape(_("Due"))}: </span>{late}{_due(row.todo)}</a>'
    )


def _due(todo: Todo) -> str:
    at = f" {todo.due_time:%H:%M}" if todo.due_time else ""
    return f'<time datetime="{todo.due_on.isoformat()}">{ui.day(todo.due_on)}{at}</time>'
