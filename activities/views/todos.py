from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from activities import subjects, todos
from activities.forms import DueForm, TodoForm, days_ahead
from activities.models import Todo
from activities.rows import row, rows, wants_next
from crm.lib import htmx
from crm.lib.kept import kept
from staff import access, versions
from staff.http import Request
from staff.models import User
from staff.once import once
from staff.readers import Reader

# What shows a deal beside its todos (gate, pips, next action) listens to this.
CHANGED = "todos-changed"


@access.requires("sell")
@require_http_methods(["GET", "POST"])
@once
def todo_new(request: Request) -> HttpResponse:
    """A next action for a deal, a lead, a company, or just oneself."""
    subject = subjects.find(request.user, request.POST if request.method == "POST" else request.GET)
    form = TodoForm(request.POST or None, initial={"due_on": days_ahead(timezone.localdate())[0]})
    if request.method == "POST" and form.is_valid():
        about = subject.as_arguments() if subject else {}
        todos.add_todo(owner=request.user, by=request.user, **about, **form.cleaned_data)
        if request.htmx and subject:
            context = next_actions_context(request.user, subject)
            return htmx.answer(
                request, "activities/_next_actions.html", context, toast=_("Added"), tell=CHANGED
            )
        return htmx.redirect(request, subject.url if subject else "home", toast=_("Added"))
    if request.htmx and subject and form.is_bound:
        context = next_actions_context(request.user, subject, form)
        return htmx.answer(request, "activities/_next_actions.html", context)
    context = {"form": form, "subject": subject}
    return render(request, "activities/todo_new.html", context, status=422 if form.errors else 200)


@access.signed_in
@require_GET
def todo(request: Request, pk: int) -> HttpResponse:
    """One todo with another day to choose; a dialog where htmx asks for it."""
    found = access.get_for(request.user, Todo.objects.for_rows(), pk, to="see")
    template = "activities/_todo_dialog.html" if request.htmx else "activities/todo.html"
    return render(request, template, _due_context(request, found, DueForm()))


@access.signed_in
@require_POST
def todo_done(request: Request, pk: int) -> HttpResponse:
    found = access.get_for(request.user, Todo.objects.for_rows(), pk, to="edit todo")
    todos.complete_todo(found, by=request.user)
    found = Todo.objects.for_rows().get(pk=pk)
    context = _row_context(request, found) | {
        "next_form": TodoForm(initial={"due_on": days_ahead(timezone.localdate())[1]}),
        "wants_next": wants_next(found),
    }
    return htmx.answer(
        request,
        "activities/_todo_done.html",
        context,
        page=_page_of(found),
        toast=_("Done: %(title)s") % {"title": found.title},
        undo=reverse("activities:todo-open", args=[pk]),
        tell=CHANGED,
    )


@access.signed_in
@require_POST
def todo_open(request: Request, pk: int) -> HttpResponse:
    """Takes a completion back."""
    found = access.get_for(request.user, Todo.objects.for_rows(), pk, to="edit todo")
    todos.reopen_todo(found, by=request.user)
    found = Todo.objects.for_rows().get(pk=pk)
    return htmx.answer(
        request,
        "activities/_todo_changed.html",
        _row_context(request, found),
        page=_page_of(found),
        toast=_("Open again"),
        tell=CHANGED,
    )


@access.signed_in
@require_POST
def todo_due(request: Request, pk: int) -> HttpResponse:
    found = access.get_for(request.user, Todo.objects.for_rows(), pk, to="edit todo")
    form = DueForm(request.POST)
    if not form.is_valid():
        return _due_form(request, found, form)
    try:
        seen = form.cleaned_data["seen"] or found.version
        todos.reschedule_todo(found, form.cleaned_data["wanted"], by=request.user, seen=seen)
    except versions.Stale:
        return _due_form(request, Todo.objects.for_rows().get(pk=pk), DueForm(), status=409)
    found = Todo.objects.for_rows().get(pk=pk)
    return htmx.answer(
        request,
        "activities/_todo_changed.html",
        _row_context(request, found),
        page=_page_of(found),
        toast=_("Saved"),
        tell=CHANGED,
    )


@access.requires("sell")
@require_POST
@once
def todo_next(request: Request, pk: int) -> HttpResponse:
    """The next action after a todo that was done, about the same deal or lead."""
    done = access.get_for(request.user, Todo.objects.for_rows(), pk, to="edit todo")
    form = TodoForm(request.POST)
    if not form.is_valid():
        context = _row_context(request, done) | {"next_form": form}
        return htmx.answer(request, "activities/_todo_next.html", context)
    subject = subjects.of_todo(done)
    about = subject.as_arguments() if subject else {}
    added = todos.add_todo(owner=done.owner, by=request.user, **about, **form.cleaned_data)
    added = Todo.objects.for_rows().get(pk=added.pk)
    return htmx.answer(
        request,
        "activities/_todo_row.html",
        _row_context(request, added),
        page=_page_of(added),
        toast=_("Added"),
        tell=CHANGED,
    )


def next_actions_context(
    user: Any, subject: subjects.Subject, form: TodoForm | None = None
) -> dict[str, Any]:
    """The open todos of a deal, lead or company with the form that adds one, blank when there is none."""
    return {
        "subject": subject,
        "rows": rows(_todos_of(subject, user), user, timezone.localdate()),
        "form": form,
        "may_add": access.allows(user, "log activity", subject.record),
    }


def _todos_of(subject: subjects.Subject, user: User) -> list[Todo]:
    found = _open_todos(Reader.of(user), subject.kind, pk=subject.pk)
    if subject.kind != "deal":
        return found
    for todo in found:
        todo.deal = subject.record  # all of them are about this one: no need to read it again with each
    return found


@kept
def _open_todos(reader: Reader, kind: str, *, pk: int) -> QuerySet[Todo]:
    mine = Todo.objects.visible_to(reader.user).open().filter(**{f"{kind}_id": pk})
    return (mine.select_related("owner") if kind == "deal" else mine.for_rows())[:20]


def _row_context(request: Request, found: Todo) -> dict[str, Any]:
    """`plain`: the page is that of the record, so the row need not say what it is about."""
    shown = row(found, request.user, timezone.localdate())
    return {"row": shown, "plain": bool(shown.url) and urlsplit(htmx.page_of(request)).path == shown.url}


def _due_form(request: Request, found: Todo, form: DueForm, status: int = 422) -> HttpResponse:
    context = _due_context(request, found, form) | {"is_stale": status == 409}
    return htmx.answer(
        request, "activities/_todo_due.html", context, full="activities/todo.html", status=status
    )


def _due_context(request: Request, found: Todo, form: DueForm) -> dict[str, Any]:
    return _row_context(request, found) | {"form": form, "days": days_ahead(timezone.localdate())}


def _page_of(found: Todo) -> str:
    subject = subjects.of_todo(found)
    return subject.url if subject else "home"
