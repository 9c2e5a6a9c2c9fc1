"""The queue of questions about companies and people: are these two one, which of two statements is the current one."""

from __future__ import annotations

import math
import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import companies, merging
from accounts.company_events import CompanyEvent, DuplicateEvent
from accounts.models import Company, DuplicatePair, FactsQuestion, Merge
from staff import access, events
from staff.models import User

_EVENTS = {
    DuplicatePair.State.DIFFERENT: DuplicateEvent.DIFFERENT,
    DuplicatePair.State.LATER: DuplicateEvent.LATER,
    DuplicatePair.State.OPEN: DuplicateEvent.REOPENED,
}


@transaction.atomic
def decide(pair: DuplicatePair, state: str, *, by: User) -> DuplicatePair:
    """ "different" is remembered and never asked again; "later" puts it behind the others; "open" takes either back."""
    state = DuplicatePair.State(state)
    pair = DuplicatePair.objects.select_for_update().get(pk=pair.pk)
    if pair.state == DuplicatePair.State.MERGED:
        raise AlreadyDecided(pair)
    if pair.state == state:
        return pair
    before = pair.state
    pair.state = state
    is_open = state == DuplicatePair.State.OPEN
    pair.decided_by, pair.decided_at = (None, None) if is_open else (by, timezone.now())
    pair.save(update_fields=["state", "decided_by", "decided_at"])
    for company_id in sorted({pair.company_a_id, pair.company_b_id}):
        events.record(
            _EVENTS[state],
            pair,
            by=by,
            company=company_id,
            before={"state": before},
            after={"state": state},
            pair=[pair.company_a_id, pair.company_b_id],
            contacts=[pair.contact_a_id, pair.contact_b_id],
        )
    return pair


def accept_certain(*, by: User, most: int = 50, seconds: float = math.inf) -> list[Merge]:
    """Merges the pairs that the rules are sure of, as far as the person may; each can be taken back by itself.

    The older record stays; a branch becomes a site of its company. A pair that cannot be merged any more waits for a
    look of its own. After so many `seconds` no further one is begun: those that are left stay certain.
    """
    made: list[Merge] = []
    ends = time.monotonic() + seconds
    # Companies first: with them those of their people become one who stood in both.
    for of_people in (False, True):
        pairs = DuplicatePair.objects.to_decide(by).filter(verdict="certain", contact_a__isnull=not of_people)
        pairs = pairs.select_related(
            "company_a__owner", "company_b__owner", "contact_a__company", "contact_b__company"
        )
        for pair in pairs.order_by("-worth", "pk")[: most - len(made)]:
            if time.monotonic() >= ends:
                break
            two = (pair.contact_a, pair.contact_b) if of_people else (pair.company_a, pair.company_b)
            if access.refusal(by, "merge", list(two)):
                continue
            try:
                made.append(_accept(*two, by=by, pair=pair))
            except merging.Refused:
                continue
    return made


def _accept(older: Any, newer: Any, *, by: User, pair: DuplicatePair) -> Merge:
    for company, of in ((newer, older), (older, newer)):
        if isinstance(company, Company) and merging.is_branch(company, of):
            return merging.make_site(company, of, by=by, pair=pair)
    return merging.merge(older, newer, by=by, pair=pair)


@transaction.atomic
def decide_facts(question: FactsQuestion, state: str, *, by: User) -> FactsQuestion:
    """ "taken": the other name or address is the current one; "kept": ours is; "later": puts it behind the others."""
    state = FactsQuestion.State(state)
    company = Company.objects.select_for_update().get(pk=question.company_id)
    question = FactsQuestion.objects.select_for_update().get(pk=question.pk)
    if question.state in (FactsQuestion.State.KEPT, FactsQuestion.State.TAKEN):
        raise AlreadyDecided(question)
    if state == FactsQuestion.State.TAKEN:
        old_name = company.name
        base = {name: getattr(company, name) for name in question.values}
        companies.edit_company(company, dict(question.values), base, by=by, source="queue")
        company.former_names.filter(name=old_name).update(until=question.changed_on)
    question.state = state
    question.decided_by, question.decided_at = by, timezone.now()
    question.save(update_fields=["state", "decided_by", "decided_at"])
    if state == FactsQuestion.State.KEPT:
        kept = {"about": question.about, "not": question.values}
        events.record(CompanyEvent.EDITED, company, by=by, **kept)
    return question


class AlreadyDecided(Exception):
    """Somebody else has decided it for good."""

    def __init__(self, question: DuplicatePair | FactsQuestion) -> None:
        super().__init__(str(question))
        self.question = question
