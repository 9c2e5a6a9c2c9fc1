"""Every URL × GET and POST × person × record, generated from the resolver.

What each may do is said here once more in plain words (`CASES`, `reference.py`) and compared with what the product
answers. A refusal must have its code, change no row, and tell nothing of the record. A URL without a case fails, and so
does one that was never seen to allow or never seen to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts import bin, merging
from accounts import files as company_files
from accounts.models import Company, CompanyAccess, Division, DuplicatePair, FactsQuestion, Position, Site
from activities import todos
from activities.models import Automation, Handover, PlaybookStep
from activities.texts import editing as texts
from crm.checks import all_patterns
from crm.lib import workdays
from dashboards.models import Meeting, Scenario
from integrations.imports import checking
from integrations.models import Import, ImportRow
from leads.models import AssignmentRule, FirstContactRule
from pipeline import deals, drafts, files
from pipeline.models import BulkEdit, ExitCriterion, LossReason, MethodVersion, SavedView, WinReason
from staff import access
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
from tests.people import make_everybody
from tests.site.reference import Reference

PATTERNS = {name: pattern for _route, name, pattern in all_patterns()}
OURS = sorted(name for name in PATTERNS if name not in access.EXTERNAL)
LIBRARY = sorted(name for name in PATTERNS if name in access.EXTERNAL)


# What the product is asked about ------------------------------------------------------------------


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


@pytest.fixture(name="world", scope="module")
def share_world(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One for all URLs: what a request does is taken back, and making a world takes longer than asking about it."""
    files = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files"))
    with django_db_blocker.unblock(), transaction.atomic(), files:
        yield build_world(make_everybody())
        transaction.set_rollback(True)


Sums = dict[str, tuple[int, int]]


# What is expected ---------------------------------------------------------------------------------


def nothing(records: Records) -> dict[str, Any]:
    return {}


May = Callable[[World, User, Records], bool]


def anyone(world: World, user: User, records: Records) -> bool:
    return True


def seller(world: World, user: User, records: Records) -> bool:
    return world.reference.can(user, "sell")


def owner_of(kind: str) -> May:
    """The owner, the managers above, administrators."""

    def may(world: World, user: User, records: Records) -> bool:
        record = getattr(records, kind)
        return world.reference.may_edit_owned(user, record.owner_id, record.team_id)

    return may


def company_editor(world: World, user: User, records: Records) -> bool:
    return world.reference.may_edit_company(user, records.company)


def duplicate_reviewer(world: World, user: User, records: Records) -> bool:
    return world.reference.can(user, "review duplicates") or company_editor(world, user, records)


def merger(world: World, user: User, records: Records) -> bool:
    """Whoever reviews duplicates and may change both companies."""
    return world.reference.can(user, "review duplicates") and company_editor(world, user, records)


@dataclass(frozen=True)
class Case:
    """`takes` are the methods of the view, `needs` its capability, `about` the kind of record that its address names.

    `may` says who of those who see the record may do it. `sent` are the parameters of GET and POST.
    """

    takes: str = "GET"
    needs: str = ""
    about: str = ""
    may: May = anyone
    kwargs: Callable[[Records], dict[str, Any]] = nothing
    sent: Callable[[Records], dict[str, Any]] = nothing
    public: bool = False
    reading_writes: bool = False

    @property
    def names_a_record(self) -> bool:
        return bool(self.about) or self.sent is not nothing


def pk_of(kind: str, /, **more: Any) -> Callable[[Records], dict[str, Any]]:
    return lambda records: {"pk": getattr(records, kind).pk, **more}


def of_record(
    about: str, takes: str = "GET", needs: str = "", may: May = anyone, sent: Any = None, **more: Any
) -> Case:
    """A view whose address names a record by `pk`."""
    return Case(takes, needs, about, may, pk_of(about, **more), sent or nothing)


def below(about: str, takes: str, may: May, **names: Callable[[Records], Any]) -> Case:
    """A view below a record whose address names something of it besides."""
    return Case(
        takes,
        "",
        about,
        may,
        lambda r: {"pk": getattr(r, about).pk, **{name: get(r) for name, get in names.items()}},
    )


def in_deal(about: str, takes: str, may: May, **names: Callable[[Records], Any]) -> Case:
    return below("deal", takes, may, **names)


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


def own_field() -> int:
    """The field of deals of the company's own."""
    return CustomField.objects.get(subject="deal", name_ja="用途").pk


def make_own_field(owner: User) -> None:
    CustomField.objects.create(
        subject="deal", name_ja="用途", name_en="Use", kind="text", purpose="x", owner=owner
    )


def pipeline_of(records: Records) -> int:
    return records.deal.stage.pipeline_id


def reason_of(records: Records) -> Any:
    return {"outcome": "won", "pk": WinReason.objects.all()[0].pk}


def method_of(records: Records) -> dict[str, Any]:
    return {"pk": pipeline_of(records), "key": str(records.deal.stage_id)}


def criterion_of(records: Records) -> dict[str, Any]:
    return {**method_of(records), "criterion": str(records.deal.stage.exit_criteria.all()[0].pk)}


def absence_editor(world: World, user: User, records: Records) -> bool:
    """Whose it is, their managers, administrators."""
    person = records.absence.user
    return user.pk == person.pk or world.reference.may_edit_owned(user, person.pk, person.team_id)


def both_of_the_pair(records: Records) -> dict[str, Any]:
    return {"kind": "company", "a": records.pair.company_a_id, "b": records.pair.company_b_id}


def meeting_leader(world: World, user: User, records: Records) -> bool:
    return user.pk == records.meeting.led_by_id or world.reference.can(user, "administer")


def a_decision(records: Records) -> dict[str, Any]:
    return {
        "deal": records.deal.pk, "seen": records.deal.version, "kind": "lose", "title": "x",
        "owner": records.deal.owner_id, "reason": LossReason.objects.all()[0].pk,
        "due_on": workdays.add(timezone.localdate(), 1),
    }  # fmt: skip


deal_owner, lead_owner, todo_owner = owner_of("deal"), owner_of("lead"), owner_of("todo")
BOTH = "GET POST"

CASES: dict[str, Case] = {
    # staff
    "home": Case(),
    "search": Case(sent=lambda r: {"q": r.mark[4:]}),
    "health-live": Case(BOTH, public=True),
    "health-ready": Case(BOTH, public=True),
    "staff:preferences": Case(BOTH, sent=lambda r: {"theme": "dark"}),
    "staff:notices": Case(),
    "staff:notice": Case("POST", about="notice", kwargs=pk_of("notice")),
    "staff:reading": Case("POST"),
    "staff:calendar": Case(BOTH, "administer"),
    "staff:calendar-days": Case("POST", "administer", sent=lambda r: {"day": "2030-08-13", "kind": "closed"}),
    "staff:calendar-day-removal": Case("POST", "administer", sent=lambda r: {"day": "2026-08-13"}),
    "staff:absences": Case(BOTH),
    "staff:absence-removal": Case("POST", may=absence_editor, kwargs=pk_of("absence")),
    "staff:custom-fields": Case(needs="administer"),
    "staff:custom-field-new": Case(
        BOTH,
        "administer",
        kwargs=lambda r: {"subject": "deal"},
        sent=lambda r: {
            "name_ja": "型",
            "name_en": "Type",
            "kind": "text",
            "purpose": "x",
            "owner": r.deal.owner_id,
        },
    ),
    "staff:custom-field": Case(BOTH, "administer", kwargs=lambda r: {"pk": own_field()}),
    "staff:custom-field-state": Case(
        "POST", "administer", kwargs=lambda r: {"pk": own_field()}, sent=lambda r: {"retire": "1"}
    ),
    "staff:custom-filters": Case(kwargs=lambda r: {"subject": "lead"}),
    "staff:custom-value": below(
        "deal", BOTH, deal_owner, subject=lambda r: "deal", field=lambda r: own_field()
    ),
    "staff:people": Case(needs="administer"),
    "staff:person-new": Case(BOTH, "administer"),
    "staff:person": Case(BOTH, "administer", kwargs=lambda r: {"pk": r.deal.owner_id}),
    "staff:person-activity": Case("POST", "administer", kwargs=lambda r: {"pk": r.deal.owner_id}),
    "staff:person-password": Case("POST", "administer", kwargs=lambda r: {"pk": r.deal.owner_id}),
    "staff:team-new": Case(BOTH, "administer"),
    "staff:team": Case(BOTH, "administer", kwargs=lambda r: {"pk": r.deal.team_id}),
    "staff:team-removal": Case("POST", "administer", kwargs=lambda r: {"pk": r.deal.team_id}),
    "staff:log": Case(needs="read the log"),
    "staff:log-check": Case("POST", "read the log"),
    "staff:event": Case(needs="read the log", kwargs=lambda r: {"pk": r.edit.pk}),
    # accounts
    "accounts:companies": Case(),
    "accounts:companies-filters": Case(),
    "accounts:company-new": Case(BOTH, "sell", sent=lambda r: {"name": "明和電工株式会社"}),
    "accounts:company-similar": Case(needs="sell", sent=lambda r: {"name": r.mark}),
    "accounts:company": of_record("company"),
    "accounts:company-fact": of_record(
        "company", BOTH, may=company_editor, fact="industry", sent=lambda r: {"industry": "卸売業"}
    ),
    "accounts:company-access": of_record("company", BOTH, may=company_editor),
    "accounts:company-division": of_record("company", BOTH, may=seller, sent=lambda r: {"name": "開発部"}),
    "accounts:company-site": of_record("company", BOTH, may=seller, sent=lambda r: {"name": "松本工場"}),
    "accounts:company-names": Case(sent=lambda r: {"company": r.mark}),
    "accounts:company-group": of_record(
        "company", BOTH, may=company_editor, sent=lambda r: {"seen": r.company.version}
    ),
    "accounts:company-files": of_record(
        "company",
        "POST",
        may=seller,
        sent=lambda r: {"kind": "other", "link": "https://x.example/", "name": "x"},
    ),
    "accounts:company-file": below("company", "GET", anyone, file=lambda r: r.paper.pk),
    "accounts:file-removal": below("company", "POST", seller, file=lambda r: r.paper.pk),
    "accounts:file-restoration": below("company", "POST", seller, file=lambda r: r.removed_paper.pk),
    "accounts:division": of_record(
        "division", BOTH, may=seller, sent=lambda r: {"name": "開発部", "seen": r.division.version}
    ),
    "accounts:site": of_record(
        "site", BOTH, may=seller, sent=lambda r: {"name": "松本工場", "seen": r.site.version}
    ),
    "accounts:contact-move": of_record(
        "contact",
        BOTH,
        may=seller,
        sent=lambda r: {"on": "2026/4/1", "title": "部長", "seen": r.contact.version},
    ),
    "accounts:contact-leave": of_record(
        "contact", BOTH, may=seller, sent=lambda r: {"on": "2026/4/1", "seen": r.contact.version}
    ),
    "accounts:contact-position": of_record(
        "contact",
        BOTH,
        may=seller,
        sent=lambda r: {"on": "2026/4/1", "title": "顧問", "seen": r.contact.version},
    ),
    "accounts:contact-position-end": below("contact", "POST", seller, position=lambda r: r.besides.pk),
    "accounts:contact-return": of_record("contact", "POST", may=seller),
    "accounts:contact-new": of_record("company", BOTH, may=seller, sent=lambda r: {"family_name": "森"}),
    "accounts:contact": of_record("contact"),
    "accounts:contact-fact": of_record(
        "contact", BOTH, may=seller, fact="work", sent=lambda r: {"title": "部長"}
    ),
    "accounts:merges": Case(),
    "accounts:merge-partner": Case(about="company", kwargs=pk_of("company", kind="company")),
    "accounts:merge-new": Case(BOTH, about="pair", may=merger, kwargs=both_of_the_pair),
    "accounts:merge": of_record("merge"),
    "accounts:merge-undoing": of_record("merge", "POST", may=merger),
    "accounts:bin": Case(needs="sell"),
    "accounts:removal": of_record("contact", "POST", "sell", may=seller, kind="contact"),
    "accounts:restoration": of_record("removal", "POST", "sell", may=company_editor),
    "accounts:duplicates": Case(needs="review duplicates"),
    "accounts:duplicates-certain": Case("POST", "review duplicates"),
    "accounts:matching-rules": Case(needs="administer"),
    "accounts:matching-draft": Case("POST", "administer"),
    "accounts:matching-draft-removal": Case("POST", "administer"),
    "accounts:matching-preview": Case(needs="administer"),
    "accounts:matching-publication": Case("POST", "administer"),
    "accounts:match-scan": Case(BOTH, "administer"),
    "accounts:duplicate": of_record("pair", may=duplicate_reviewer),
    "accounts:duplicate-decision": of_record(
        "pair", "POST", may=duplicate_reviewer, sent=lambda r: {"state": "different"}
    ),
    "accounts:duplicate-reopening": of_record("pair", "POST", may=duplicate_reviewer),
    "accounts:question": of_record("question", may=duplicate_reviewer),
    "accounts:question-decision": of_record(
        "question", "POST", may=duplicate_reviewer, sent=lambda r: {"state": "kept"}
    ),
    # pipeline
    "pipeline:board": Case(),
    "pipeline:list": Case(),
    "pipeline:filters": Case(),
    "pipeline:coverage": Case(),
    "pipeline:outcomes": Case(),
    "pipeline:waivers": Case(needs="lead a team"),
    "pipeline:bulk": Case(
        BOTH, "sell", sent=lambda r: {"action": "close", "deal": f"{r.deal.pk}-1", "close_on": "2027/1/15"}
    ),
    "pipeline:bulk-undo": Case("POST", "sell", "bulk", kwargs=pk_of("bulk")),
    "pipeline:view-new": Case(BOTH, sent=lambda r: {"name": "停滞", "query": "stalled=1"}),
    "pipeline:view-removal": Case("POST", about="view", kwargs=pk_of("view")),
    "pipeline:deal-new": Case(BOTH, "sell", sent=lambda r: {"company": r.company.pk, "name": "新規"}),
    "pipeline:company-options": Case(sent=lambda r: {"q": r.mark}),
    "pipeline:contact-options": Case(sent=lambda r: {"company": r.company.pk}),
    "pipeline:deal": of_record("deal"),
    "pipeline:deal-stage": of_record(
        "deal", BOTH, may=deal_owner, sent=lambda r: {"to": stage("Won").pk, "seen": r.deal.version}
    ),
    "pipeline:deal-stage-undo": of_record("deal", "POST", may=deal_owner, seen=1),
    "pipeline:deal-loss": of_record(
        "deal",
        BOTH,
        may=deal_owner,
        sent=lambda r: {"seen": r.deal.version, "reason": LossReason.objects.all()[0].pk},
    ),
    "pipeline:deal-snooze": of_record(
        "deal",
        BOTH,
        may=deal_owner,
        sent=lambda r: {"until": timezone.localdate() + timedelta(days=9), "reason": "x"},
    ),
    "pipeline:deal-waking": of_record("deal", "POST", may=deal_owner),
    "pipeline:deal-owner": of_record("deal", BOTH, may=deal_owner),
    "pipeline:deal-fact": of_record(
        "deal", BOTH, may=deal_owner, name="competitor", sent=lambda r: {"competitor": "内製"}
    ),
    "pipeline:deal-probability": of_record(
        "deal", BOTH, may=deal_owner, sent=lambda r: {"own_probability": "40", "own_probability_reason": "x"}
    ),
    "pipeline:edit-undo": in_deal("deal", "POST", deal_owner, event=lambda r: r.edit.pk),
    "pipeline:deal-criterion": in_deal(
        "deal", BOTH, seller, criterion=lambda r: ExitCriterion.objects.filter(kind="question")[0].pk
    ),
    "pipeline:deal-approval": in_deal("deal", BOTH, seller, criterion=lambda r: an_approval()),
    "pipeline:deal-files": of_record("deal", "POST", may=seller),
    "pipeline:deal-file": in_deal("deal", "GET", anyone, file=lambda r: r.file.pk),
    "pipeline:file-removal": in_deal("deal", "POST", seller, file=lambda r: r.file.pk),
    "pipeline:file-restoration": in_deal("deal", "POST", seller, file=lambda r: r.removed_file.pk),
    "pipeline:stages": Case(needs="administer"),
    "pipeline:reasons": Case(needs="administer"),
    "pipeline:reason-new": Case(
        "POST",
        "administer",
        kwargs=lambda r: {"outcome": "won"},
        sent=lambda r: {"won-name_ja": "納期", "won-name_en": "Delivery"},
    ),
    "pipeline:reason": Case(BOTH, "administer", kwargs=reason_of),
    "pipeline:reason-state": Case("POST", "administer", kwargs=reason_of, sent=lambda r: {"retire": "1"}),
    "pipeline:reason-place": Case("POST", "administer", kwargs=reason_of),
    "pipeline:reason-removal": Case("POST", "administer", kwargs=reason_of),
    "pipeline:stall-rules": Case(needs="administer"),
    "pipeline:stall-rules-of": Case(BOTH, "administer", kwargs=lambda r: {"pk": r.deal.stage_id}),
    "pipeline:stage": Case(BOTH, "administer", kwargs=method_of),
    "pipeline:stage-new": Case("POST", "administer", kwargs=lambda r: {"pk": pipeline_of(r)}),
    "pipeline:stage-place": Case("POST", "administer", kwargs=method_of),
    "pipeline:stage-removal": Case("POST", "administer", kwargs=method_of),
    "pipeline:criterion-new": Case(BOTH, "administer", kwargs=method_of),
    "pipeline:criterion-place": Case("POST", "administer", kwargs=criterion_of),
    "pipeline:criterion-removal": Case("POST", "administer", kwargs=criterion_of),
    "pipeline:draft-removal": Case("POST", "administer", kwargs=lambda r: {"pk": pipeline_of(r)}),
    "pipeline:method-versions": Case("GET", "administer", kwargs=lambda r: {"pk": pipeline_of(r)}),
    "pipeline:version-new": Case(BOTH, "administer", kwargs=lambda r: {"pk": pipeline_of(r)}),
    "pipeline:version-withdrawal": Case(
        "POST", "administer", kwargs=lambda r: {"pk": pipeline_of(r), "number": 1}
    ),
    "pipeline:pipeline-new": Case(
        BOTH,
        "administer",
        sent=lambda r: {"name_ja": "代理店", "name_en": "Partners", "copy_of": pipeline_of(r)},
    ),
    "pipeline:pipeline-teams": Case(BOTH, "administer", kwargs=lambda r: {"pk": pipeline_of(r)}),
    "pipeline:criterion": Case(BOTH, "administer", kwargs=criterion_of),
    # leads
    "leads:leads": Case(),
    "leads:lead-new": Case(BOTH, "sell", sent=lambda r: {"company_name": "港南工業"}),
    "leads:lead-similar": Case(needs="sell", sent=lambda r: {"company_name": r.mark}),
    "leads:lead": of_record("lead"),
    "leads:lead-panel": of_record("lead"),
    "leads:lead-edit": of_record("lead", BOTH, may=lead_owner),
    "leads:lead-deal": of_record("lead", BOTH, "sell", may=lead_owner),
    "leads:lead-owner": of_record("lead", "POST", may=lead_owner),
    "leads:lead-nurture": of_record("lead", "POST", may=lead_owner),
    "leads:lead-disqualification": of_record("lead", "POST", may=lead_owner, sent=lambda r: {"reason": "x"}),
    "leads:lead-reopening": of_record("lead", "POST", may=lead_owner),
    "leads:rules": Case(needs="administer"),
    "leads:clock": Case("POST", "administer", kwargs=lambda r: {"pk": FirstContactRule.objects.all()[0].pk}),
    "leads:assignment-rule-new": Case(BOTH, "administer"),
    "leads:assignment-rule": Case(
        BOTH, "administer", kwargs=lambda r: {"pk": AssignmentRule.objects.get().pk}
    ),
    # activities
    "activities:log": Case(BOTH, "sell", "deal", seller, sent=lambda r: {"deal": r.deal.pk, "kind": "call"}),
    "activities:compose": Case(
        "POST", "sell", "deal", seller, sent=lambda r: {"deal": r.deal.pk, "kind": "memo", "body": "聞いた"}
    ),
    "activities:todo-new": Case(BOTH, "sell", "deal", seller, sent=lambda r: {"deal": r.deal.pk}),
    "activities:todo": of_record("todo"),
    "activities:todo-done": of_record("todo", "POST", may=todo_owner),
    "activities:todo-open": of_record("todo", "POST", may=todo_owner),
    "activities:todo-due": of_record("todo", "POST", may=todo_owner),
    "activities:todo-next": of_record("todo", "POST", "sell", may=todo_owner),
    "activities:handover-new": Case(
        BOTH,
        "sell",
        sent=lambda r: {"companies": r.company.pk, "company": r.company.pk, "taker": r.deal.owner_id},
    ),
    "activities:handover": of_record("handover"),
    "activities:nudge-switch": Case("POST", "administer", sent=lambda r: {"on": "0"}),
    "activities:handover-undoing": of_record("handover", "POST", may=company_editor),
    "activities:automations": Case(needs="administer"),
    "activities:automation-new": Case(BOTH, "administer"),
    "activities:automation": Case(BOTH, "administer", kwargs=pk_of("automation")),
    "activities:automation-switch": Case(
        "POST", "administer", kwargs=pk_of("automation"), sent=lambda r: {"on": "0"}
    ),
    "activities:offline-worker": Case(BOTH, public=True),
    "activities:draft": Case("POST", "sell", sent=lambda r: {"body": "明日電話する"}),
    "activities:offered-texts": Case("GET", "sell", "deal", seller, sent=lambda r: {"deal": r.deal.pk}),
    "activities:compose-from": Case(
        "POST", "sell", "deal", seller, sent=lambda r: {"deal": r.deal.pk, "begin": r.text.versions.get().pk}
    ),
    "activities:texts": Case(),
    "activities:text": Case(kwargs=pk_of("text")),
    "activities:text-new": Case(BOTH, "administer"),
    "activities:text-edit": Case(BOTH, "administer", kwargs=pk_of("text")),
    "activities:text-switch": Case("POST", "administer", kwargs=pk_of("text"), sent=lambda r: {"on": "0"}),
    "activities:playbook": Case(BOTH, "administer"),
    "activities:playbook-step": Case(BOTH, "administer", kwargs=pk_of("step")),
    # dashboards
    "dashboards:today": Case(),
    "dashboards:follow-ups": Case(),
    "dashboards:person-week": Case(),
    "dashboards:team": Case(needs="lead a team"),
    "dashboards:weeks": Case(needs="lead a team"),
    "dashboards:next-action": of_record("deal", "POST", "lead a team", may=deal_owner),
    "dashboards:business": Case(needs="see the business"),
    "dashboards:channel-costs": Case(BOTH, "see the business"),
    "dashboards:review": Case(needs="see the business"),
    "dashboards:roi": Case(needs="see the business"),
    "dashboards:roi-rows": Case(needs="export", reading_writes=True),
    "dashboards:forecast": Case(needs="see the business"),
    "dashboards:scenario-new": Case(
        "POST", "see the business", sent=lambda r: {"name": "x", f"o-{r.deal.pk}": "won"}
    ),
    "dashboards:scenario-removal": of_record("scenario", "POST", "see the business"),
    "dashboards:targets": Case(
        BOTH, "lead a team", sent=lambda r: {"row": f"team-{r.deal.team_id}", "year": "2026"}
    ),
    "dashboards:fiscal-start": Case("POST", "administer", sent=lambda r: {"month": 4, "seen": 1}),
    "dashboards:meetings": Case(),
    "dashboards:meeting-new": Case(
        "POST", "lead a team", sent=lambda r: {"team": r.deal.team_id, "minutes": 30}
    ),
    "dashboards:meeting": of_record("meeting"),
    "dashboards:meeting-following": of_record("meeting"),
    "dashboards:meeting-place": of_record(
        "meeting", "POST", may=meeting_leader, sent=lambda r: {"topic": "figures"}
    ),
    "dashboards:meeting-step": of_record("meeting", "POST", may=meeting_leader),
    "dashboards:meeting-end": of_record("meeting", "POST", may=meeting_leader),
    "dashboards:meeting-reopening": of_record("meeting", "POST", may=meeting_leader),
    "dashboards:meeting-minutes": of_record("meeting"),
    "dashboards:meeting-pdf": of_record("meeting"),
    "dashboards:decisions": of_record("meeting", "POST", may=meeting_leader, sent=a_decision),
    "dashboards:decision-undo": below("meeting", "POST", meeting_leader, decision=lambda r: r.decision.pk),
    # integrations
    "integrations:export": Case(needs="export", kwargs=lambda r: {"name": "deals"}, reading_writes=True),
    "integrations:imports": Case(needs="import"),
    "integrations:import-new": Case(BOTH, "import"),
    "integrations:import-template": Case(needs="import", kwargs=lambda r: {"kind": "leads"}),
    "integrations:import": of_record("batch", needs="import"),
    "integrations:import-progress": of_record("batch", needs="import"),
    "integrations:import-columns": of_record("batch", "POST", "import"),
    "integrations:import-mapping": of_record("batch", "POST", "import"),
    "integrations:import-row": of_record("batch", "POST", "import", line=2),
    "integrations:import-repairs": of_record("batch", "POST", "import"),
    "integrations:import-sure-ones": of_record("batch", "POST", "import"),
    "integrations:import-run": of_record("batch", "POST", "import"),
    "integrations:import-report": Case(
        needs="import", about="batch", kwargs=pk_of("batch"), reading_writes=True
    ),
    "integrations:import-rows": Case(
        needs="import", about="batch", kwargs=pk_of("batch"), reading_writes=True
    ),
    "integrations:import-stop": of_record("batch", "POST", "import"),
    "integrations:import-continuation": of_record("batch", "POST", "import"),
    "integrations:import-undo": of_record("batch", "POST", "import"),
    "integrations:import-removal": of_record("batch", "POST", "import"),
}


def expected(case: Case, world: World, user: User, method: str, records: Records) -> str:
    """ok, forbidden, hidden (404) or untaken (405)."""
    if case.needs and not world.reference.can(user, case.needs):
        return "forbidden"
    if method not in case.takes.split():
        return "untaken"
    if case.about and not world.sees(user, case.about, records):
        return "hidden"
    return "ok" if case.may(world, user, records) else "forbidden"


CODES = {
    "ok": {200, 204, 302, 409, 422},
    "forbidden": {403},
    "hidden": {404},
    "untaken": {405},
}


# The matrix ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_a_url_answers_whom_it_should_and_nobody_else(name: str, world: World, db: None) -> None:
    assert name in CASES, f"{name} has no case: add to CASES who may call it, and with what"
    case, seen = CASES[name], set()
    rule = access.rule_of(PATTERNS[name].callback, name)
    assert rule is not None
    assert (rule.public, rule.capability) == (case.public, case.needs)

    clients = {person: Client(headers={"accept-language": "ja"}) for person in world.people}
    for person, client in clients.items():
        client.force_login(world.people[person])
    before = checksums()
    for method in ("GET", "POST"):
        response, changed = asked(Client(), method, name, case, world.open, before)
        seen.add(a_stranger_is_sent_to_sign_in(name, case, response, changed))
    for person, user in world.people.items():
        for records in (world.open, world.closed) if case.names_a_record else (world.open,):
            for method in ("GET", "POST"):
                want = expected(case, world, user, method, records)
                about = f"{person} {method} {name} ({records.mark}): expected {want}"
                writes = want == "ok" and (method == "POST" or case.reading_writes)
                response, changed = asked(
                    clients[person], method, name, case, records, None if writes else before
                )

                assert response.status_code in CODES[want], (
                    f"{about}, got {response.status_code}\n{text_of(response)[:1500]}"
                )
                assert not changed, f"{about}, and {changed} were changed"
                for leak in leaks(world, user, response):
                    pytest.fail(f"{about}, but the answer tells of {leak}")
                seen.add(want)

    assert "ok" in seen, f"{name} was never seen to allow"
    if not case.public:
        assert seen & {"forbidden", "hidden"}, f"{name} was never seen to refuse"


def a_stranger_is_sent_to_sign_in(name: str, case: Case, response: Any, changed: set[str]) -> str:
    assert not changed
    if case.public:
        assert response.status_code == 200
        return "ok"
    assert response.status_code == 302, f"a stranger got {response.status_code} from {name}"
    assert response["Location"].startswith(reverse("account_login"))
    return "forbidden"


def asked(
    client: Client, method: str, name: str, case: Case, records: Records, before: Sums | None
) -> tuple[Any, set[str]]:
    """The answer, and which tables are not as `before`; everything the request did is taken back."""
    with transaction.atomic():
        url, sent = reverse(name, kwargs=case.kwargs(records)), case.sent(records)
        written = rows_written()
        response: Any = client.get(url, sent) if method == "GET" else client.post(url, sent)
        response.text_of = b"".join(response) if response.streaming else response.content
        # Sums over all tables take longer than most answers: only where something was written, if only to be taken back.
        after = checksums() if before is not None and rows_written() > written else {}
        transaction.set_rollback(True)
    return response, {table for table in after if before and after[table] != before[table]}


def leaks(world: World, user: User, response: Any) -> list[str]:
    """Marks of records that the person may not know of, found in the answer or where it leads."""
    told = (text_of(response) + str(dict(response.headers))).lower()
    found = []
    for records in (world.open, world.closed):
        words = {
            "company": f"{records.mark}社", "contact": f"{records.mark}田", "deal": f"{records.mark} 更新",
            "lead": f"{records.mark}商会", "todo": f"{records.mark}に電話", "batch": f"{records.mark}.csv",
            "file": f"{records.mark}.txt", "paper": f"{records.mark}議事録", "question": f"{records.mark}新社",
        }  # fmt: skip
        for kind, word in words.items():
            of = {"file": "deal", "paper": "company"}.get(kind, kind)
            sees = world.sees(user, of, records)
            if not sees and (word in told or word.encode("unicode_escape").decode() in told):
                found.append(word)
    return found


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.text_of.decode(errors="replace"))


NOT_BUSINESS = ("django_session", "usersessions_usersession", "staff_submission", "cache")


def rows_written() -> int:
    """How many rows of any table this transaction has written so far, also those that it took back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables WHERE relname <> ALL(%s)",
            [list(NOT_BUSINESS)],
        )
        return int(cursor.fetchone()[0])


def checksums() -> Sums:
    """Table → how many rows it has, and a sum over all that stands in them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall() if name not in NOT_BUSINESS]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{t}', count(*), coalesce(sum(hashtextextended(r::text, 0)), 0) FROM \"{t}\" r"
                for t in tables
            )
        )
        return {table: (rows, total) for table, rows, total in cursor.fetchall()}


# Views of the library -----------------------------------------------------------------------------

KEYS: dict[str, dict[str, Any]] = {
    "account_confirm_email": {"key": "x"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "x-y"},
    "mfa_remove_webauthn": {"pk": 1},
    "mfa_edit_webauthn": {"pk": 1},
}


@pytest.mark.parametrize("name", LIBRARY)
def test_a_view_of_the_library_asks_who_it_is(name: str, world: World, db: None) -> None:
    url = reverse(name, kwargs=KEYS.get(name))
    rule = access.EXTERNAL[name]
    login = reverse("account_login")

    for method in ("get", "post"):
        stranger = getattr(Client(), method)(url)
        if rule.public:
            assert stranger.status_code < 500
        else:
            assert stranger.status_code == 302
            assert stranger["Location"].startswith(f"{login}?next=")
        client = Client()
        client.force_login(world.people["sato"])
        answer = getattr(client, method)(url)
        assert answer.status_code < 500
        assert not answer.get("Location", "").startswith(f"{login}?next=")


def test_nobody_signs_up_by_themselves(client: Client, db: None) -> None:
    before = User.objects.count()

    response = client.post(
        reverse("account_signup"), {"email": "new@sakura.example", "password1": "open sesame 1"}
    )

    assert response.status_code == 200
    assert User.objects.count() == before


def test_every_case_is_of_a_url(db: None) -> None:
    gone = set(CASES) - set(PATTERNS)

    assert not gone or any(p.callback.__name__ == "coming" for p in PATTERNS.values()), gone


def test_a_write_is_noticed_also_when_it_is_taken_back(world: World, db: None) -> None:
    written = rows_written()
    with transaction.atomic():
        Company.objects.filter(pk=world.open.company.pk).update(notes="x")
        transaction.set_rollback(True)

    assert rows_written() > written
