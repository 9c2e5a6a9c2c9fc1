"""What is due today and what is overdue, by mail in the morning; a deal without any memo is nudged about once instead."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from activities.models import Activity, Todo
from crm.lib import dates, workdays
from pipeline.models import Deal
from staff import events, mails, notices, working_time
from staff.models import CompanyProfile, User

# Longer lists are not read; the page has them all.
LINES = 20
NUDGED = "deal.nudged"
SWITCHED = "company.nudge_switched"


@transaction.atomic
def remind(today: date) -> int:
    """On working days, one mail to everybody who wants it and is not away. Returns how many; a second run sends nothing more."""
    profile = CompanyProfile.load()
    if workdays.add(today, 0, profile.calendar()) != today:
        return 0
    away, sent = working_time.away_on(today), 0
    due = _due(today)
    quiet = _without_memo({todo.deal_id for todos in due.values() for todo in todos if todo.deal_id})
    people = User.objects.people().filter(pk__in=due, reminder_mails=True).exclude(pk__in=away)
    for person in people:
        seen = set(
            Todo.objects.visible_to(person)
            .filter(pk__in=[todo.pk for todo in due[person.pk]])
            .values_list("pk", flat=True)
        )
        todos = [todo for todo in due[person.pk] if todo.pk in seen]
        if profile.nudges_without_memo:
            _nudge(person, [todo.deal for todo in todos if todo.deal_id in quiet and todo.deal])
            todos = [todo for todo in todos if todo.deal_id not in quiet]
        if todos:
            _mail(person, todos, today)
            sent += 1
    return sent


def _due(today: date) -> dict[int, list[Todo]]:
    """Person → their open todos that are due or overdue, the oldest first; those of closed deals not."""
    found: dict[int, list[Todo]] = defaultdict(list)
    rows = Todo.objects.open().filter(due_on__lte=today).select_related("deal", "company")
    rows = rows.defer(
        "deal__search_text", "deal__search_grams", "company__search_text", "company__search_grams"
    )
    for todo in rows.order_by("owner", "due_on", "due_time", "pk").iterator(chunk_size=2000):
        found[todo.owner_id].append(todo)
    return found


def _without_memo(deals: set[int]) -> set[int]:
    """Those of the deals about which nobody has written a word yet."""
    written = Activity.objects.filter(deal=OuterRef("pk")).exclude(body="")
    rows = Deal.objects.open().filter(~Exists(written), pk__in=deals)
    return set(rows.values_list("pk", flat=True))


def _nudge(person: User, deals: list[Deal]) -> None:
    """One notice a deal, for good: whoever then writes a word is reminded as everybody else."""
    for deal in {deal.pk: deal for deal in deals}.values():
        notices.tell(
            [person], topic=f"no memo deal {deal.pk}", kind=NUDGED, about=deal, url=deal.get_absolute_url(), deal=deal.name,
            text=gettext_noop("%(deal)s has no memo yet. Write one word, and its reminders come."),
        )  # fmt: skip


def _mail(person: User, todos: list[Todo], today: date) -> None:
    with translation.override(person.language):
        late = sum(todo.due_on < today for todo in todos)
        subject = _("Today: %(n)s to do") % {"n": len(todos)}
        if late:
            subject += " " + _("(%(n)s overdue)") % {"n": late}
        lines = [_line(todo, today, person.language) for todo in todos[:LINES]]
        if len(todos) > LINES:
            lines.append(_("and %(n)s more") % {"n": len(todos) - LINES})
        mails.queue(
            to=person.email, topic=f"todos of {person.pk} on {today}", subject=subject, body="\n".join(lines),
            url=reverse("dashboards:today"),
        )  # fmt: skip


def _line(todo: Todo, today: date, language: str) -> str:
    about = todo.deal.name if todo.deal else todo.company.short_name if todo.company else ""
    when = dates.near(todo.due_on, today, language)
    return f"- {when}  {todo.title}" + (f"  [{about}]" if about else "")


@transaction.atomic
def switch_nudges(on: bool, *, by: User) -> CompanyProfile:
    """Whether deals without a memo are reminded of as all others, or nudged about once."""
    profile = CompanyProfile.objects.select_for_update().get(pk=1)
    if profile.nudges_without_memo == on:
        return profile
    profile.nudges_without_memo = on
    profile.version += 1
    profile.save(update_fields=["nudges_without_memo", "version"])
    events.record(SWITCHED, profile, by=by, before={"on": not on}, after={"on": on})
    return profile
