"""Who may call each URL, and with what: the plain words that the product's own rules are compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from crm.lib import workdays
from leads.models import AssignmentRule, FirstContactRule
from pipeline.models import ExitCriterion, LossReason, WinReason
from staff.models import CustomField, User
from tests.factories import (
    stage,
)
from tests.site.access_world import Records, World, an_approval


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


def own_field() -> int:
    """The field of deals of the company's own."""
    return CustomField.objects.get(subject="deal", name_ja="用途").pk


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
    "accounts:contacts": Case(),
    "accounts:contacts-filters": Case(),
    "accounts:person-new": Case(BOTH, "sell", sent=lambda r: {"company": "無い会社", "name": "杉田 玄"}),
    "accounts:company-new": Case(BOTH, "sell", sent=lambda r: {"name": "明和電工株式会社"}),
    "accounts:company-similar": Case(needs="sell", sent=lambda r: {"name": r.mark}),
    "accounts:company": of_record("company"),
    "accounts:company-fact": of_record(
        "company", BOTH, may=company_editor, fact="industry", sent=lambda r: {"industry": "卸売業"}
    ),
    "accounts:company-access": of_record("company", BOTH, may=company_editor),
    "accounts:company-division": of_record("company", BOTH, may=seller, sent=lambda r: {"name": "開発部"}),
    "accounts:company-site": of_record("company", BOTH, may=seller, sent=lambda r: {"name": "松本工場"}),
    "accounts:site-similar": of_record("company", may=seller, sent=lambda r: {"name": f"{r.mark}工場"}),
    "accounts:company-names": Case(sent=lambda r: {"company": r.mark}),
    "accounts:company-group": of_record(
        "company", BOTH, may=company_editor, sent=lambda r: {"seen": r.company.version}
    ),
    "accounts:company-known": of_record("company"),
    "accounts:known-addition": of_record(
        "company", "POST", may=company_editor, sent=lambda r: {"kind": "name", "typed": "略称"}
    ),
    "accounts:known-removal": below(
        "company", "POST", company_editor, of=lambda r: "names", row=lambda r: r.alias.pk
    ),
    "accounts:known-restoration": below(
        "company", "POST", company_editor, of=lambda r: "names", row=lambda r: r.alias.pk
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
    "pipeline:deal-rivals": of_record("deal"),
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
    "dashboards:roi-costs": Case(
        "POST", "see the business", sent=lambda r: {"month": "2026/4/1", "amount": "15万"}
    ),
    "dashboards:roi-rows": Case(needs="see the business", reading_writes=True),
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
    "integrations:import-sheet": of_record("batch", "POST", "import"),
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
