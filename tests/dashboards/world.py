"""A small world made by chance from a seed, and who may see what of it, told in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Channel, Company
from activities.models import Activity, ActivityKind
from leads.models import Lead
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, LossReason, Stage, StageMove
from staff import events
from staff.models import User
from tests.factories import make_company

TODAY = date(2026, 7, 14)  # a Tuesday, in the second quarter of a year that begins in April
DAYS_OF_HISTORY = 400


def moment(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def day_of(when: datetime) -> date:
    return timezone.localtime(when).date()


def sees(user: User, record: Any) -> bool:
    """The rule in one sentence: one's teams, without restricted companies of others; executives everything."""
    if user.role in (User.Role.EXECUTIVE, User.Role.ADMIN):
        return True
    company = record.company
    closed = company is not None and company.is_restricted and company.owner_id != user.pk
    return record.team.path.startswith(user.team.path) and not closed


@dataclass
class World:
    people: list[User]

    def deals(self, user: User) -> list[Deal]:
        found = Deal.objects.select_related("stage", "company", "team", "channel", "loss_reason", "owner")
        return [deal for deal in found.order_by("pk") if sees(user, deal)]

    def leads(self, user: User) -> list[Lead]:
        found = Lead.objects.select_related("company", "team", "channel")
        return [lead for lead in found.order_by("pk") if sees(user, lead)]


def make_world(people: list[User], seed: int, deals: int = 60, leads: int = 60, today: date = TODAY) -> World:
    """Deals that walked forwards and back, won, lost and open; leads in every state; two companies are restricted."""
    dice = random.Random(seed)
    companies = [make_company(f"会社{n}株式会社", owner=people[n % len(people)]) for n in range(8)]
    Company.objects.filter(pk__in=[c.pk for c in companies[:2]]).update(is_restricted=True)
    for _n in range(deals):
        make_walked_deal(dice, dice.choice(people), dice.choice(companies), today)
    for _n in range(leads):
        _make_lead(dice, dice.choice(people), dice.choice([*companies, None, None]), today)
    return World(people)


@transaction.atomic
def make_walked_deal(dice: random.Random, owner: User, company: Company, today: date = TODAY) -> Deal:
    stages = list(Stage.objects.filter(kind="open").order_by("position"))
    days = sorted(dice.sample(range(DAYS_OF_HISTORY), dice.randint(1, 6)), reverse=True)
    walk = _walk(dice, stages, len(days))
    stands = walk[-1]
    moments = [moment(today - timedelta(days=n), dice.randint(0, 23)) for n in days]
    is_open = stands.is_open
    amount = dice.choice([None, dice.randint(10, 900) * 10_000])
    deal = Deal.objects.create(
        name="案件",
        owner=owner,
        team=owner.team,
        company=company,
        channel=dice.choice([None, *Channel.objects.all()]),
        stage=stands,
        stage_entered_at=moments[-1],
        amount=amount,
        weighted_amount=(amount or 0) * stands.probability // 100,
        close_on=dice.choice([None, today + timedelta(days=dice.randint(-60, 150))]),
        stalls_on=day_of(moments[-1]) + timedelta(days=14) if is_open else None,
        next_action_on=dice.choice([None, today + timedelta(days=3)]) if is_open else None,
        first_contacted_at=dice.choice([None, moments[0] + timedelta(hours=dice.randint(1, 60))]),
        criteria_met=dice.randint(0, 3) if is_open else 0,
        criteria_total=dice.randint(3, 5) if is_open else 0,
        closed_at=None if is_open else moments[-1],
        loss_reason=dice.choice(LossReason.objects.all()) if stands.kind == "lost" else None,
        deleted_at=moments[-1] if dice.random() < 0.05 else None,
    )
    before = None
    for stage, at in zip(walk, moments, strict=True):
        StageMove.objects.create(deal=deal, from_stage=before, to_stage=stage, by=owner, at=at)
        before = stage
    return deal


def _walk(dice: random.Random, stages: list[Stage], steps: int) -> list[Stage]:
    """From the first stage on, sometimes over one, sometimes back, at last perhaps won or lost."""
    at, walk = 0, [stages[0]]
    while len(walk) < steps:
        at = max(0, min(len(stages) - 1, at + dice.choice([1, 1, 1, 2, -1])))
        if stages[at] != walk[-1]:
            walk.append(stages[at])
        elif at == len(stages) - 1:
            at -= 1
            walk.append(stages[at])
    kind = dice.choice(["open", "won", "lost"])
    if kind != "open" and len(walk) > 1:
        walk[-1] = Stage.objects.get(kind=kind)
    return walk


def _make_lead(dice: random.Random, owner: User, company: Company | None, today: date) -> Lead:
    state = dice.choice(["new", "contacted", "nurture", "converted", "converted", "disqualified"])
    received = moment(today - timedelta(days=dice.randint(0, 250)), dice.randint(0, 23))
    due = dice.choice([None, received + timedelta(hours=48)])
    spoken = dice.choice([None, received + timedelta(hours=dice.randint(1, 90))])
    deal = None
    if state == "converted":
        deal = make_walked_deal(dice, owner, company or make_company(), today)
    return Lead.objects.create(
        owner=owner,
        team=owner.team,
        company_name="見込み株式会社",
        company=company,
        channel=dice.choice(Channel.objects.all()),
        state=state,
        deal=deal,
        received_at=received,
        first_contact_due_at=due,
        first_contacted_at=None if state == "new" else spoken,
        deleted_at=received if dice.random() < 0.05 else None,
    )


def log(
    by: User, kind: str, day: date, *, deal: Deal | None = None, lead: Lead | None = None, **fields: Any
) -> Activity:
    about = deal or lead
    return Activity.objects.create(
        kind=ActivityKind(kind), by=by, team=by.team, deal=deal, lead=lead,
        company=about.company if about else None, **{"at": moment(day), **fields},
    )  # fmt: skip


def total(numbers: Iterable[Any]) -> Any:
    return sum(number or 0 for number in numbers)


def close(deal: Deal, kind: str, *, by: User) -> None:
    """Won or lost now, with the event that every door writes."""
    to = Stage.objects.get(kind=kind)
    StageMove.objects.create(deal=deal, from_stage=deal.stage, to_stage=to, by=by, at=timezone.now())
    Deal.objects.filter(pk=deal.pk).update(stage=to, closed_at=timezone.now())
    events.record(DealEvent(f"deal.{kind}"), deal, by=by)
