"""Minutes that give something back: the open questions of the stage as lines to write behind, and what was answered is kept.

A line 「■課題：見逃しが月12件」 answers the question 課題 of the deal's stage, the line itself being the evidence.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_noop

from activities.models import Activity, ActivityKind
from crm.lib.text import comma
from pipeline import exit_criteria
from pipeline.models import Deal, ExitCriterion
from staff import notices
from staff.models import Event, User

MARK = "■"
# After these the customer was there to be asked.
TALKS = (ActivityKind.MEETING, ActivityKind.VISIT)
MISSED = "deal.questions_missed"
_LINE = re.compile(rf"^\s*{MARK}\s*([^：:\n]+)[：:][ \t　]*(.*)$", re.MULTILINE)


def open_questions(deal: Deal) -> list[ExitCriterion]:
    """The questions of the deal's stage that nobody has answered yet."""
    question = ExitCriterion.Kind.QUESTION
    found = exit_criteria.statuses(deal) if deal.is_open else []
    return [s.criterion for s in found if s.criterion.kind == question and not s.value]


def found_in(body: str, questions: list[ExitCriterion]) -> dict[ExitCriterion, str]:
    """Question → what stands behind its mark; a mark with nothing behind it answers nothing."""
    named = {name: criterion for criterion in questions for name in (criterion.name_ja, criterion.name_en)}
    found = {}
    for name, text in _LINE.findall(body):
        criterion = named.get(name.strip())
        if criterion and text.strip():
            found[criterion] = text.strip()[:2000]
    return found


def keep_answers(deal: Deal, body: str, *, by: User, at: datetime) -> list[ExitCriterion]:
    """Writes the marked lines of the minutes down as answers, each with its line as evidence. Returns what was answered."""
    if MARK not in body:
        return []
    found = found_in(body, open_questions(deal))
    if found:
        day = timezone.localdate(at)
        exit_criteria.answer_all(
            deal, found, by=by, at=at, evidence=f"{by.family_name}、{day.month}/{day.day}の記録"
        )
    return list(found)


def tell_of_missed(event: Event) -> None:
    """Subscriber: after a meeting or a visit, what was not asked is told to the deal's owner, before the next one."""
    if event.data.get("activity") not in TALKS or not event.data.get("reached") or event.deal_id is None:
        return
    deal = Deal.objects.select_related("stage", "owner").get(pk=event.deal_id)
    questions = open_questions(deal)
    if not questions or not Activity.objects.filter(pk=event.subject_id).exists():
        return
    names = comma().join(str(criterion) for criterion in questions)
    notices.tell(
        [deal.owner], topic=f"missed questions {event.pk}", kind=MISSED, about=deal, url=deal.get_absolute_url(),
        text=gettext_noop("After the meeting about %(deal)s these are still open: %(names)s"), deal=deal.name, names=names,
    )  # fmt: skip
