"""How many statements a page costs: the same for 3 rows as for 30, and within its budget.

`PAGES` shows for each page the budget and, where it is not kept yet, what it really costs (`costs`).
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import bin, merging
from accounts.models import Division, DuplicatePair, FurtherValue, Site
from activities import log, todos
from activities.models import Automation, PlaybookStep, TextTemplate
from activities.texts import editing as texts
from dashboards.models import Meeting
from integrations.imports import checking
from integrations.models import Import, ImportRow
from pipeline.models import Deal
from staff.models import Absence, Notification, User
from tests.factories import (
    criterion,
    make_company,
    make_contact,
    make_deal,
    make_decision,
    make_lead,
    make_meeting,
    stage,
)

TRANSACTION = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


@dataclass(frozen=True)
class Page:
    """`url` and `sent` are made from the filled world; `costs` is the true number where the budget is not kept.

    `when_full` statements are asked only when there are more rows than the page shows: it counts them then.
    """

    name: str
    person: str
    budget: int
    url: Callable[[World], str]
    sent: Callable[[World], dict[str, Any]] | None = None
    costs: int = 0
    when_full: int = 0
    htmx: bool = False
    answers: int = 0

    def __str__(self) -> str:
        return f"{self.name} as {self.person}"


@dataclass
class World:
    company: Any
    contact: Any
    deal: Any
    lead: Any
    pair: Any
    batch: Any
    merge: Any
    meeting: Any


def fill(n: int, sato: User, watanabe: User) -> World:
    """One record of each kind with `n` of everything that hangs on it, and `n` rows for each list."""
    company = make_company("検査機器株式会社", owner=sato)
    now, today = timezone.now(), timezone.localdate()
    deal = make_deal(sato, "Discovery", company, amount=5_000_000, close_on=today)
    lead = make_lead(sato, company=company, first_contact_due_at=now)
    for k in range(n):
        person = make_contact(company, f"田所{k}")
        division = Division.objects.create(company=company, name=f"事業部{k}")
        FurtherValue.objects.create(company=company, kind="domain", value=f"kensa{k}.example")
        Site.objects.create(company=company, division=division, name=f"工場{k}")
        log.log_activity("call", by=sato, deal=deal, contact=person, body="話した")
        log.log_activity("memo", by=sato, lead=lead, body="来場")
        todos.add_todo(f"電話{k}", owner=sato, by=sato, due_on=today, deal=deal)
        todos.add_todo(f"確認{k}", owner=watanabe, by=watanabe, due_on=today, lead=lead)
        other = make_company(f"検査機器{k}株式会社", owner=sato, is_restricted=k % 3 == 1)
        pair = DuplicatePair.objects.create(company_a=company, company_b=other, score=80)
        owner = [sato, watanabe][k % 2]
        for name_en in ("New lead", "Discovery", "Proposal"):
            made = make_deal(owner, name_en, other, name=f"検査{k}", amount=1_000_000 + k, close_on=today)
            Deal.objects.filter(pk=made.pk).update(stalls_on=today - timedelta(days=1))
        idle = make_deal(owner, "Quote", company, name=f"検査ライン{k}", amount=900_000)
        todos.add_todo("見積", owner=owner, by=owner, due_on=today + timedelta(days=k), deal=idle)
        make_deal(owner, "Won", other, amount=2_000_000)
        make_lead(owner, f"検査商会{k}", company=other, first_contact_due_at=now + timedelta(hours=k))
        PlaybookStep.objects.create(stage=stage("Won"), title="x", created_by=sato, is_active=False)
        Automation.objects.create(
            trigger="won",
            is_active=False,
            created_by=sato,
            conditions=[{"field": "team", "op": "is", "value": str(sato.team_id)}],
            actions=[
                {"kind": "notify", "text": "x", "whom": str(watanabe.pk)},
                {"kind": "move", "stage": str(deal.stage_id)},
            ],
        )
        text = texts.save(
            {"kind": "mail", "name": f"お礼{k}", "subject": "お礼", "body": "お礼"}, by=watanabe
        )
        texts.save({"kind": "mail", "name": f"お礼{k}", "body": "新"}, by=watanabe, template=text, seen=1)
        log.log_activity("mail", by=sato, deal=deal, text=text.versions.order_by("number")[0])
        Absence.objects.create(user=sato, first_on=today, last_on=today + timedelta(days=k), created_by=sato)
        Notification.objects.create(user=sato, topic=f"{n} {k}", kind="x", title="x")
        batch = Import.objects.create(kind="leads", name=f"{k}.csv", by=watanabe, state=Import.State.READY)
        firm = make_company(f"検査機器{k}商事", owner=sato)
        merge = merging.merge_companies(firm, make_company(f"検査機器商事{k}", owner=sato), by=watanabe)
        bin.remove(make_company(f"旧検査機器{k}", owner=sato), by=sato)
    meeting = fill_meetings(n, watanabe)
    ImportRow.objects.bulk_create(
        ImportRow(batch=batch, line=k + 2, raw={}, values={"company_name": f"会社{k}"}, decision="create")
        for k in range(n)
    )
    checking.count(batch)
    batch.save()
    return World(company, person, deal, lead, pair, batch, merge, meeting)


def fill_meetings(n: int, watanabe: User) -> Meeting:
    """One that runs, with `n` decisions of its own and of the one before; and `n` before that."""
    now, own = timezone.now(), list(Deal.objects.open().filter(owner=watanabe).order_by("-pk")[:n])
    Meeting.objects.filter(ended_at=None).update(ended_at=now)
    for k in range(n):
        before = make_meeting(watanabe, own, started_at=now - timedelta(days=7 * (n - k)), ended_at=now)
    running = make_meeting(watanabe, own)
    for deal in own:
        make_decision(before, deal)
        make_decision(running, deal)
    return running


def to(name: str, of: str = "", query: str = "", **kwargs: Any) -> Callable[[World], str]:
    def url(world: World) -> str:
        if of:
            kwargs["pk"] = getattr(world, of).pk
        return reverse(name, kwargs=kwargs) + query

    return url


def once() -> str:
    return str(uuid.uuid4())


LIST, FRAGMENT, RECORD, CREATE, WRITE = 8, 6, 14, 8, 20

PAGES = [
    Page("companies", "sato", LIST, to("accounts:companies")),
    Page("companies, filtered and sorted", "sato", LIST, to("accounts:companies", query="?q=検査&sort=-name")),
    Page("people", "sato", LIST, to("accounts:contacts")),
    Page("people, filtered and sorted", "sato", LIST, to("accounts:contacts", query="?q=検査&sort=quiet&work=there")),
    Page("deals", "watanabe", LIST, to("pipeline:list")),
    Page("deals, with columns", "watanabe", LIST, to("pipeline:list", query="?col=channel&col=contact")),
    Page("leads", "watanabe", LIST, to("leads:leads")),
    Page("duplicates", "watanabe", LIST, to("accounts:duplicates"), when_full=1),
    Page("imports", "watanabe", LIST, to("integrations:imports")),
    Page("board", "watanabe", 8, to("pipeline:board")),
    Page("won and lost", "watanabe", 12, to("pipeline:outcomes")),
    Page("own fields", "ito", 16, to("staff:custom-fields")),
    Page("waivers", "watanabe", LIST, to("pipeline:waivers")),
    Page("reasons", "ito", LIST, to("pipeline:reasons")),
    Page("coverage", "watanabe", 9, to("pipeline:coverage", query="?by=owner")),
    Page("competitors of a deal", "watanabe", FRAGMENT, to("pipeline:deal-rivals", "deal"), htmx=True),
    Page("company", "sato", RECORD, to("accounts:company", "company")),
    Page("company, with its group", "sato", RECORD, to("accounts:company", "company", "?group=1")),
    Page("company, known by", "sato", RECORD, to("accounts:company-known", "company"), htmx=True),
    Page("hand over", "sato", CREATE, to("activities:handover-new")),
    Page("contact", "sato", RECORD, to("accounts:contact", "contact")),
    Page("deal", "sato", RECORD, to("pipeline:deal", "deal")),
    Page("lead", "sato", RECORD, to("leads:lead", "lead")),
    Page("duplicate", "watanabe", RECORD, to("accounts:duplicate", "pair"), when_full=1),
    Page("merges", "watanabe", LIST, to("accounts:merges")),
    Page("bin", "watanabe", LIST, to("accounts:bin")),
    Page("merge", "watanabe", 40, to("accounts:merge", "merge")),
    Page("import", "watanabe", RECORD, to("integrations:import", "batch")),
    Page("today", "sato", 9, to("dashboards:today")),
    Page("week of a person", "sato", LIST, to("dashboards:person-week")),
    Page("team", "watanabe", 9, to("dashboards:team")),
    Page("week by week", "watanabe", 9, to("dashboards:weeks")),
    Page("business", "kobayashi", 6, to("dashboards:business")),
    Page("costs of channels", "kobayashi", LIST, to("dashboards:channel-costs")),
    Page("quarter review", "kobayashi", LIST, to("dashboards:review")),
    Page("roi", "kobayashi", LIST, to("dashboards:roi")),
    Page("forecast", "kobayashi", LIST, to("dashboards:forecast")),
    Page("targets", "watanabe", LIST, to("dashboards:targets")),
    Page("meetings", "watanabe", LIST, to("dashboards:meetings")),
    Page("meeting", "watanabe", RECORD, to("dashboards:meeting", "meeting")),
    Page("meeting, followed", "sato", RECORD, to("dashboards:meeting", "meeting")),
    Page("meeting, nothing new", "sato", 4, to("dashboards:meeting-following", "meeting", "?seen=1"), answers=204),
    Page("minutes", "watanabe", RECORD, to("dashboards:meeting-minutes", "meeting")),
    Page("search page", "sato", 6, to("search", query="?q=検査")),
    Page("search while typing", "sato", 4, to("search", query="?q=検査"), htmx=True),
    Page("new company", "sato", CREATE, to("accounts:company-new")),
    Page("new deal", "sato", CREATE, to("pipeline:deal-new")),
    Page("new lead", "sato", CREATE, to("leads:lead-new")),
    Page("quick log", "sato", CREATE, to("activities:log")),
    Page("rules of leads", "ito", LIST, to("leads:rules")),
    Page(
        "rules of stalls", "ito", LIST, lambda w: reverse("pipeline:stall-rules-of", args=[stage("Discovery").pk])
    ),
    Page("automations", "ito", LIST, to("activities:automations")),
    Page("templates", "sato", LIST, to("activities:texts")),
    Page("a template", "ito", LIST, lambda w: reverse("activities:text", args=[TextTemplate.objects.order_by("pk")[0].pk])),
    Page("playbooks", "ito", LIST, to("activities:playbook")),
    Page("working time", "ito", LIST, to("staff:calendar")),
    Page("absences", "sato", LIST, to("staff:absences")),
    Page("stages", "ito", LIST, lambda w: reverse("pipeline:stage", args=[stage("Discovery").pipeline_id, stage("Discovery").pk])),
    Page(
        "create a company", "sato", WRITE, to("accounts:company-new"),
        lambda w: {"name": "明和電工株式会社", "phone": "0263-11-2233", "once": once()},
    ),
    Page(
        "create a deal", "sato", WRITE, to("pipeline:deal-new"),
        lambda w: {"company": w.company.pk, "name": "更新", "amount": "300万", "once": once()},
    ),
    Page(
        "create a lead", "sato", WRITE, to("leads:lead-new"),
        lambda w: {
            "company_name": "港南工業", "family_name": "森", "channel": w.lead.channel_id, "once": once(),
        },
    ),
    Page(
        "log a call", "sato", WRITE, to("activities:log"),
        lambda w: {"deal": w.deal.pk, "kind": "call", "result": "reached", "body": "話した", "once": once()},
    ),
    Page(
        "move a deal, waived", "watanabe", 15, to("pipeline:deal-stage", "deal"),
        lambda w: {
            "to": stage("Proposal").pk, "seen": Deal.objects.get(pk=w.deal.pk).version, "waiver": "入札のため",
            "once": once(),
        },
    ),
    Page(
        "move a deal, filling in five criteria", "watanabe", 15, to("pipeline:deal-stage", "deal"),
        lambda w: {
            "to": stage("Proposal").pk, "seen": Deal.objects.get(pk=w.deal.pk).version, "once": once(),
            **{
                f"c{criterion(code).pk}": value
                for code, value in {
                    "decision_maker": "田所部長", "issue": "人手", "budget": "1300万", "competitor": "内製",
                    "timing": f"{timezone.localdate():%Y-%m-%d}",
                }.items()
            },
        },
    ),
]  # fmt: skip


def test_pages_ask_no_more_for_more_rows(sato, watanabe, kobayashi, ito) -> None:
    """One test for all, since filling takes its time; what it complains of is the whole table."""
    people = {"sato": sato, "watanabe": watanabe, "kobayashi": kobayashi, "ito": ito}
    few = {
        page: statements(page, people[page.person], world)
        for world in [fill(3, sato, watanabe)]
        for page in PAGES
    }
    many = {
        page: statements(page, people[page.person], world)
        for world in [fill(30, sato, watanabe)]
        for page in PAGES
    }

    table, complaints = [], []
    for page in PAGES:
        with_few, with_many, shown = len(few[page]), len(many[page]), as_text(many[page])
        table.append(f"{str(page):45} {with_few:3} {with_many:3}  budget {page.budget:2}")
        if with_many - with_few not in (0, page.when_full):
            complaints.append(f"{page}: {with_few} statements with 3 rows, {with_many} with 30\n{shown}")
        elif with_many > max(page.budget, page.costs):
            complaints.append(f"{page}: {with_many} statements, {page.budget} allowed\n{shown}")
        elif page.costs and with_many <= page.budget:
            complaints.append(f"{page} keeps its budget now: take `costs` away")
    assert not complaints, "\n".join([*table, "", *complaints])


def as_text(statements: list[str]) -> str:
    return "\n".join(f"    {count} × {sql[:160]}" for sql, count in Counter(statements).most_common())


def statements(page: Page, person: User, world: World) -> list[str]:
    """What the page asks the database; what it writes is taken back."""
    client = Client(headers={"HX-Request": "true"} if page.htmx else {})
    with transaction.atomic():
        client.force_login(person)
        url, sent = page.url(world), page.sent(world) if page.sent else None
        with CaptureQueriesContext(connection) as asked:
            response = client.get(url) if sent is None else client.post(url, sent)
        transaction.set_rollback(True)
    wanted = page.answers or (200 if sent is None else 302)
    assert response.status_code == wanted, (
        f"{page}: {response.status_code}\n{response.content.decode()[:4000]}"
    )
    # The history's context rides in front of the statement that it belongs to.
    sent_over = [
        re.sub(r"^SELECT set_config\('pghistory.*?true\); ", "", q["sql"], flags=re.S) for q in asked
    ]
    return [sql for sql in sent_over if not sql.startswith(TRANSACTION)]
