"""One of everything, twice: records that all may know of, and records of companies that few may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts import bin, merging
from accounts import files as company_files
from accounts.models import (
    Company,
    CompanyAccess,
    CompanyName,
    Division,
    DuplicatePair,
    FactsQuestion,
    Position,
    Site,
)
from activities import todos
from activities.models import Automation, Handover, PlaybookStep
from activities.texts import editing as texts
from dashboards.models import Meeting, Scenario
from integrations.imports import checking
from integrations.models import Import, ImportRow
from leads.models import AssignmentRule
from pipeline import deals, drafts, files
from pipeline.models import BulkEdit, ExitCriterion, MethodVersion, SavedView
from staff.models import Absence, CustomField, Event, Notification, User
from tests.factories import (
    make_company,
    make_contact,
    make_deal,
    make_decision,
    make_lead,
    make_meeting,
    stage,
)
from tests.site.reference import Reference


@dataclass
class Records:
    """One of everything, of sato in 営業一課; every text in it begins with `mark` and is found in no other."""

    mark: str
    company: Any
    division: Any
    site: Any
    contact: Any
    deal: Any
    file: Any
    removed_file: Any
    alias: Any
    paper: Any
    removed_paper: Any
    besides: Any
    handover: Any
    edit: Any
    lead: Any
    todo: Any
    pair: Any
    question: Any
    batch: Any
    notice: Any
    absence: Any
    merge: Any
    removal: Any
    automation: Any
    step: Any
    text: Any
    bulk: Any
    view: Any
    meeting: Any
    decision: Any
    scenario: Any


def executive(is_other: bool) -> User:
    """Somebody who sees the business; scenarios are their maker's alone."""
    role = User.Role.ADMIN if is_other else User.Role.EXECUTIVE
    return User.objects.get(role=role, is_system=False)


def make_records(mark: str, sato: User, importer: User) -> Records:
    company = make_company(f"{mark}社株式会社", owner=sato)
    contact = make_contact(company, f"{mark}田", "一郎", email=f"{mark}@customer.example")
    deal = make_deal(sato, "New lead", company, name=f"{mark} 更新", amount=1_000_000)
    deal = deals.edit_deal(deal, {"budget": 900_000}, {}, by=sato)
    other = make_company(f"{mark}社分室", owner=sato)
    lead = make_lead(sato, f"{mark}商会", company=company, family_name=f"{mark}山")
    removed = files.attach(deal, ContentFile(b"x", "x.txt"), "other", by=sato)
    files.remove(removed, by=sato)
    removed_paper = company_files.attach(company, None, "other", by=sato, name="x", link="https://x.example/")
    company_files.remove(removed_paper, by=sato)
    handover = Handover.objects.create(giver=sato, taker=sato, by=sato)
    handover.companies.create(company=company)
    batch = Import.objects.create(
        kind=Import.Kind.LEADS, name=f"{mark}.csv", by=importer, state=Import.State.READY,
        row_count=1, columns=[],
    )  # fmt: skip
    ImportRow.objects.create(batch=batch, line=2, raw={"会社名": mark}, values={"company_name": mark})
    checking.count(batch)
    batch.save()
    # Of the meetings of a team one runs; the one about the restricted company is over.
    is_over = Meeting.objects.exists()
    meeting = make_meeting(importer, [deal], sato.team, ended_at=timezone.now() if is_over else None)
    return Records(
        mark=mark,
        company=company,
        division=Division.objects.create(company=company, name=f"{mark}事業部"),
        site=Site.objects.create(company=company, name=f"{mark}工場"),
        contact=contact,
        deal=deal,
        file=files.attach(deal, ContentFile(b"x", f"{mark}.txt"), "other", by=sato),
        removed_file=removed,
        alias=CompanyName.objects.create(company=company, name=f"{mark}旧社", name_key=f"{mark}旧社"),
        paper=company_files.attach(company, ContentFile(b"x", f"{mark}議事録.txt"), "minutes", by=sato),
        removed_paper=removed_paper,
        besides=Position.objects.create(contact=contact, company=company, title="顧問", is_additional=True),
        handover=handover,
        edit=Event.objects.get(kind="deal.edited", deal_id=deal.pk),
        lead=lead,
        todo=todos.add_todo(f"{mark}に電話", owner=sato, by=sato, due_on=timezone.localdate(), deal=deal),
        pair=DuplicatePair.objects.create(company_a=company, company_b=other, score=80, reasons=[]),
        question=FactsQuestion.objects.create(
            company=company, about="name", values={"name": f"{mark}新社"}, changed_on=timezone.localdate()
        ),
        batch=batch,
        notice=Notification.objects.create(
            user=sato, topic=mark, kind="x", title=mark, url=deal.get_absolute_url(),
            subject_type="deal", subject_id=deal.pk,
        ),
        absence=Absence.objects.create(
            user=sato, first_on=timezone.localdate(), last_on=timezone.localdate(), created_by=sato
        ),
        merge=merging.merge_companies(
            make_company(f"{mark}社本社", owner=sato), make_company(f"{mark}社支社", owner=sato), by=sato
        ),
        removal=bin.remove(make_company(f"{mark}社旧社", owner=sato), by=sato),
        automation=Automation.objects.create(
            trigger="won", created_by=sato, actions=[{"kind": "notify", "text": "受注", "by_mail": False}]
        ),
        step=PlaybookStep.objects.create(stage=stage("Won"), title="請求の手配", created_by=sato),
        text=texts.save({"kind": "mail", "name": "お礼", "subject": "お礼", "body": "お礼"}, by=sato),
        bulk=BulkEdit.objects.create(action="close", by=sato, at=timezone.now()),
        view=SavedView.objects.create(owner=sato, name=mark, query="stalled=1"),
        meeting=meeting,
        decision=make_decision(meeting, deal, f"{mark} 更新の次の一手"),
        scenario=Scenario.objects.create(
            owner=executive(is_over), name=mark, first_on=timezone.localdate(), changes={}
        ),
    )  # fmt: skip


@dataclass
class World:
    open: Records
    closed: Records
    people: dict[str, User]
    reference: Reference

    def sees(self, user: User, kind: str, records: Records) -> bool:
        """Whether the person may know of the record of this kind."""
        ask, record = self.reference, getattr(records, kind)
        if kind in ("company", "contact", "division", "site", "question"):
            return ask.sees_company(user, records.company.pk)
        if kind == "merge":
            return ask.sees_all(user, [record.company_id, record.other_company_id])
        if kind == "removal":
            return ask.sees_company(user, record.company_id)
        if kind == "pair":
            return ask.sees_all(user, [record.company_a_id, record.company_b_id])
        if kind in ("bulk", "view"):
            return user.pk == (record.by_id if kind == "bulk" else record.owner_id)
        if kind == "scenario":
            return user.pk == record.owner_id
        if kind == "notice":
            return record.user_id == user.pk and ask.sees_owned(user, records.deal)
        if kind == "batch":
            return ask.can(user, "administer") or (ask.can(user, "import") and record.by_id == user.pk)
        if kind == "handover":
            is_over = user.role == "manager" and ask.is_in(record.taker.team_id, user.team_id)
            return user.pk == record.taker_id or is_over or ask.can(user, "read everything")
        if kind == "todo":
            return ask.sees_todo(user, record)
        if kind == "meeting":
            is_in_line = ask.is_in(record.team_id, user.team_id) or ask.is_in(user.team_id, record.team_id)
            return ask.can(user, "read everything") or is_in_line
        return ask.sees_owned(user, record)


def build_world(people: dict[str, User]) -> World:
    """Records that all may know of, and records of companies that only sato may see beside those who see everything."""
    sato, ito = people["sato"], people["ito"]
    ours = make_records("zyxwopen", sato, people["watanabe"])
    closed = make_records("qjvkshut", sato, ito)
    AssignmentRule.objects.create(name="関東")
    an_approval()
    a_waiting_version(ito)
    make_own_field(sato)
    of_merge = Company.objects.filter(pk__in=[closed.merge.winner_id, closed.merge.loser_id])
    gone = Company.objects.get(pk=closed.removal.record_id)
    for company in (closed.company, closed.pair.company_b, gone, *of_merge):
        company.is_restricted = True
        company.save()
        CompanyAccess.objects.create(company=company, user=sato)
    return World(ours, closed, people, Reference.read())


def a_waiting_version(ito: User) -> None:
    now, first = timezone.now(), stage("New lead").pipeline
    content = drafts.in_force(first)
    MethodVersion.objects.create(
        pipeline=first, number=1, content=content, base=content, in_flight="keep", published_by=ito, published_at=now,
        starts_on=timezone.localdate() + timedelta(days=9),
    )  # fmt: skip


def an_approval() -> int:
    """A criterion that asks for an approval and holds nobody up."""
    names = {"name_ja": "社内承認", "name_en": "Sign-off", "is_required": False}
    where = {"stage": stage("Negotiation"), "code": "sign_off", "kind": "approval"}
    return ExitCriterion.objects.get_or_create(**where, defaults=names)[0].pk


def make_own_field(owner: User) -> None:
    CustomField.objects.create(
        subject="deal", name_ja="用途", name_en="Use", kind="text", purpose="x", owner=owner
    )
