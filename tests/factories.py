"""Plain functions that make what a test is about; everything not named is some sensible value."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Channel, Company, Contact
from crm.lib import kana, names
from dashboards.models import Decision, Meeting
from leads.models import Lead
from pipeline.models import Deal, ExitCriterion, Stage, StageMove
from staff.models import Team, User


def make_team(name: str, parent: Team | None = None) -> Team:
    parent = parent or Team.objects.get(parent=None)
    team = Team.objects.create(name=name, parent=parent)
    team.path = f"{parent.path}{team.pk}/"
    team.save()
    return team


def make_user(email: str, team: Team, role: str = "rep", **fields: Any) -> User:
    fields.setdefault("family_name", email.split("@")[0])
    return User.objects.create_user(email, "open sesame 1", team=team, role=role, **fields)


def make_company(name: str = "青嶺精工株式会社", **fields: Any) -> Company:
    fields.setdefault("name_key", names.company_key(name))
    fields.setdefault("sort_key", kana.kana_key(fields.get("kana", "")) or fields["name_key"])
    return Company.objects.create(name=name, **fields)


def make_contact(
    company: Company, family_name: str = "田所", given_name: str = "誠一", **fields: Any
) -> Contact:
    fields.setdefault("person_key", names.person_key(family_name, given_name))
    fields.setdefault("sort_key", names.person_sort_key(family_name, given_name))
    return Contact.objects.create(company=company, family_name=family_name, given_name=given_name, **fields)


def stage(name_en: str) -> Stage:
    return Stage.objects.get(name_en=name_en)


def criterion(code: str) -> ExitCriterion:
    return ExitCriterion.objects.get(code=code)


@transaction.atomic
def make_deal(
    owner: User,
    at_stage: str | Stage = "New lead",
    company: Company | None = None,
    *,
    at: datetime | None = None,
    **fields: Any,
) -> Deal:
    """A deal that stands in a stage without having walked there: for tests of what comes after."""
    where = stage(at_stage) if isinstance(at_stage, str) else at_stage
    at = at or timezone.now()
    fields.setdefault("name", "第二工場 検査ライン更新")
    deal = Deal.objects.create(
        owner=owner,
        team=owner.team,
        company=company or make_company(),
        stage=where,
        stage_entered_at=at,
        closed_at=None if where.is_open else at,
        **fields,
    )
    StageMove.objects.create(deal=deal, to_stage=where, by=owner, at=at)
    return deal


def make_lead(owner: User, company_name: str = "みなと物流株式会社", **fields: Any) -> Lead:
    fields.setdefault("channel", Channel.objects.get(code="referral"))
    return Lead.objects.create(owner=owner, team=owner.team, company_name=company_name, **fields)


def make_meeting(led_by: User, deals: list[Deal], team: Team | None = None, **fields: Any) -> Meeting:
    """A meeting that runs since five minutes and has come to the first of these deals."""
    now = timezone.now()
    agenda = {"stalled": [deal.pk for deal in deals], "idle": [], "clocks": []}
    values = {
        "held_on": timezone.localdate(now), "started_at": now - timedelta(minutes=5), "agenda": agenda,
        "since": now - timedelta(days=7), "topic": "stalled",
    }  # fmt: skip
    return Meeting.objects.create(team=team or led_by.team, led_by=led_by, **{**values, **fields})


def make_decision(
    meeting: Meeting, deal: Deal, title: str = "年間費用の比較表を出す", **fields: Any
) -> Decision:
    values = {
        "kind": "go_on", "topic": "stalled", "owner": deal.owner, "by": meeting.led_by,
        "due_on": meeting.held_on, "at": meeting.started_at,
    }  # fmt: skip
    return Decision.objects.create(meeting=meeting, deal=deal, title=title, **{**values, **fields})
