"""Every door to rows against `reference.py`, in small organisations made by chance."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import (
    Channel,
    Company,
    CompanyAccess,
    Contact,
    Division,
    DuplicatePair,
    FactsQuestion,
    Site,
)
from accounts.models.company import CompanyQuerySet
from activities.models import Activity, TextTemplate, TextUse, TextVersion, Todo
from activities.texts import rates
from crm.lib import fiscal
from crm.lib.questions import ask
from dashboards.figures import asking, sales, team
from dashboards.figures import today as todays
from dashboards.figures.periods import Period
from integrations.models import Import
from leads.models import Lead
from pipeline import outcomes
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal, Stage, StageMove
from staff import events, nav, roles, search
from staff.models import Event, Team, User
from tests.site.reference import ROLES_WITH, Reference

WORD = "合言葉"  # stands in the name of every record, so that one search asks for all of them
SEED = st.integers(0, 10**9)
# A failing seed is as good as a smaller one, and shrinking would take minutes.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


class Organisation:
    """A random organisation in the database, written in bulk, and held in memory for the reference."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.teams = self.make_teams()
        self.users = self.make_users()
        self.companies = self.make_companies()
        self.contacts, self.divisions, self.sites = self.make_people()
        self.deals = self.make_deals()
        self.leads = self.make_leads()
        self.activities = self.make_activities()
        self.text, self.uses = self.make_text_uses()
        self.todos = self.make_todos()
        self.pairs, self.questions = self.make_questions()
        self.imports = self.make_imports()
        self.events = self.make_events()
        self.reference = Reference.read()

    def some(self, rows: list[Any]) -> Any:
        return self.dice.choice(rows)

    def make_teams(self) -> list[Team]:
        teams = [Team.objects.get(parent=None)]
        for n in range(self.dice.randint(1, 5)):
            parent = self.some(teams)
            made = Team.objects.create(name=f"課{n}", parent=parent)
            made.path = f"{parent.path}{made.pk}/"
            made.save()
            teams.append(made)
        return teams

    def make_users(self) -> list[User]:
        kinds = ["rep", "rep", "rep", "manager", "manager", "executive", "admin"]
        people = [
            User(
                email=f"p{n}@sakura.example", family_name=f"人{n}", team=self.some(self.teams),
                role=self.some(kinds), is_active=self.dice.random() > 0.1,
            )
            for n in range(self.dice.randint(2, 6))
        ]  # fmt: skip
        return User.objects.bulk_create(people)

    def make_companies(self) -> list[Company]:
        made = [
            Company(
                name=f"{WORD}社{n}", name_key=f"{WORD}社{n}", sort_key=f"{n:03}",
                owner=self.some([None, *self.users]), is_restricted=self.dice.random() < 0.5,
            )
            for n in range(self.dice.randint(1, 6))
        ]  # fmt: skip
        companies = Company.objects.bulk_create(searchable(made))
        given = []
        for company in companies:
            given += [CompanyAccess(company=company, user=u) for u in self.users if self.dice.random() < 0.15]
            given += [CompanyAccess(company=company, team=t) for t in self.teams if self.dice.random() < 0.12]
        CompanyAccess.objects.bulk_create(given)
        return companies

    def make_people(self) -> tuple[list[Contact], list[Division], list[Site]]:
        contacts = [
            Contact(company=self.some(self.companies), family_name=f"{WORD}山", person_key="x")
            for _n in range(5)
        ]
        divisions = [Division(company=c, name=f"{WORD}事業部") for c in self.companies]
        sites = [Site(company=c, name=f"{WORD}工場") for c in self.companies]
        return (
            Contact.objects.bulk_create(searchable(contacts)),
            Division.objects.bulk_create(searchable(divisions)),
            Site.objects.bulk_create(searchable(sites)),
        )

    def make_deals(self) -> list[Deal]:
        now, today = timezone.now(), timezone.localdate()
        stages = list(Stage.objects.order_by("position"))
        made = []
        for n in range(self.dice.randint(0, 10)):
            owner, stage = self.some(self.users), self.some(stages)
            made.append(
                Deal(
                    name=f"{WORD}{n}", company=self.some(self.companies), owner=owner, team=owner.team,
                    stage=stage, stage_entered_at=now, closed_at=None if stage.is_open else now,
                    amount=self.dice.randint(1, 90) * 10_000, weighted_amount=self.dice.randint(1, 9) * 1000,
                    close_on=today, stalls_on=self.some([None, today, today + timedelta(days=3)]),
                    next_action_on=self.some([None, today]),
                )
            )  # fmt: skip
        with transaction.atomic():
            deals = Deal.objects.bulk_create(searchable(made))
            StageMove.objects.bulk_create(
                StageMove(deal=deal, to_stage=deal.stage, by=deal.owner, at=now) for deal in deals
            )
        return deals

    def make_leads(self) -> list[Lead]:
        channel = Channel.objects.all()[0]
        made = []
        for n in range(self.dice.randint(0, 8)):
            owner = self.some(self.users)
            made.append(
                Lead(
                    company_name=f"{WORD}商会{n}", owner=owner, team=owner.team, channel=channel,
                    company=self.some([None, *self.companies]), state=self.some(["new", "contacted", "nurture"]),
                )
            )  # fmt: skip
        return Lead.objects.bulk_create(searchable(made))

    def about(self) -> dict[str, Any]:
        """A deal, a lead or a company, with the company of the first two, as the domain functions write it."""
        kinds: list[tuple[str, list[Any]]] = [
            ("deal", self.deals), ("lead", self.leads), ("company", self.companies)
        ]  # fmt: skip
        kind, rows = self.some([(kind, rows) for kind, rows in kinds if rows])
        record = self.some(rows)
        if kind == "company":
            return {"company": record}
        # The company of a lead may have been recognised after the row was written.
        company = None if kind == "lead" and self.dice.random() < 0.5 else record.company
        return {kind: record, "company": company}

    def make_activities(self) -> list[Activity]:
        made = []
        for _n in range(self.dice.randint(0, 10)):
            by = self.some(self.users)
            made.append(Activity(kind="call", by=by, team=by.team, **self.about()))
        return Activity.objects.bulk_create(made)

    def make_text_uses(self) -> tuple[TextVersion, list[TextUse]]:
        """Some of the activities were written with a template."""
        by = self.users[0]
        template = TextTemplate.objects.create(kind="mail", name="お礼", created_by=by)
        version = TextVersion.objects.create(template=template, number=1, body="お礼", by=by)
        used = [activity for activity in self.activities if self.dice.random() < 0.7]
        made = [TextUse(version=version, activity=activity) for activity in used]
        return version, TextUse.objects.bulk_create(made)

    def make_todos(self) -> list[Todo]:
        made = []
        for _n in range(self.dice.randint(0, 8)):
            owner = self.some(self.users)
            about = self.some([{}, self.about()])
            made.append(
                Todo(
                    title="電話", owner=owner, team=owner.team, created_by=owner, due_on=timezone.localdate(),
                    **about,
                )
            )  # fmt: skip
        return Todo.objects.bulk_create(made)

    def make_questions(self) -> tuple[list[DuplicatePair], list[FactsQuestion]]:
        pairs = [
            DuplicatePair(company_a=a, company_b=b, score=80)
            for a in self.companies
            for b in self.companies
            if a.pk < b.pk and self.dice.random() < 0.4
        ]
        questions = [
            FactsQuestion(company=c, about="name", values={"name": "x"}, changed_on=timezone.localdate())
            for c in self.companies
            if self.dice.random() < 0.4
        ]
        return DuplicatePair.objects.bulk_create(pairs), FactsQuestion.objects.bulk_create(questions)

    def make_imports(self) -> list[Import]:
        made = [Import(kind="leads", name="x.csv", by=self.some(self.users)) for _n in range(3)]
        return Import.objects.bulk_create(made)

    def make_events(self) -> list[Event]:
        """One of each company, deal and lead, in the timelines that they belong to."""
        by = User.objects.system()
        subjects = [*self.companies, *self.deals, *self.leads]
        with transaction.atomic():
            return events.record_all(events.build("test.seen", subject, by=by) for subject in subjects)


def searchable(rows: list[Any]) -> list[Any]:
    for row in rows:
        row.prepare_search()
    return rows


def ids(rows: Iterable[Any]) -> set[int]:
    return {row.pk for row in rows}


# The property -------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(seed=SEED)
def test_every_door_shows_what_the_plain_rules_say(seed: int, db: None, rf: Any) -> None:
    with transaction.atomic():
        organisation = Organisation(random.Random(seed))
        for user in organisation.users:
            user = User.objects.select_related("team").get(pk=user.pk)
            rows_are_those_of_the_reference(organisation, user)
            if user.is_active:
                search_finds_the_same(organisation, user)
                the_menu_counts_the_same(organisation, user, rf)
                timelines_tell_the_same(organisation, user)
                figures_add_up_the_same(organisation, user)
                templates_are_counted_the_same(organisation, user)
        transaction.set_rollback(True)


def test_a_door_that_stands_open_is_noticed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted defect: restricted companies are closed to nobody."""
    monkeypatch.setattr(CompanyQuerySet, "closed_ids", lambda rows, user: rows.none().values("pk"))
    organisation = Organisation(random.Random(3))

    with pytest.raises(AssertionError):
        for user in organisation.users:
            rows_are_those_of_the_reference(organisation, User.objects.select_related("team").get(pk=user.pk))


def rows_are_those_of_the_reference(organisation: Organisation, user: User) -> None:
    see = organisation.reference
    owned, below = see.sees_owned, see.sees_company
    want: dict[Any, set[int]] = {
        Company: ids(c for c in organisation.companies if below(user, c.pk)),
        Contact: ids(c for c in organisation.contacts if below(user, c.company_id)),
        Division: ids(d for d in organisation.divisions if below(user, d.company_id)),
        Site: ids(s for s in organisation.sites if below(user, s.company_id)),
        Deal: ids(d for d in organisation.deals if owned(user, d)),
        Lead: ids(lead for lead in organisation.leads if owned(user, lead)),
        Todo: ids(t for t in organisation.todos if see.sees_todo(user, t)),
        Activity: ids(a for a in organisation.activities if see.sees_about(user, a)),
        DuplicatePair: ids(
            p for p in organisation.pairs if see.sees_all(user, [p.company_a_id, p.company_b_id])
        ),
        FactsQuestion: ids(q for q in organisation.questions if below(user, q.company_id)),
        Import: ids(
            i for i in organisation.imports
            if see.can(user, "administer") or (see.can(user, "import") and i.by_id == user.pk)
        ),
        User: ids(User.objects.all()) if user.is_active else set(),
    }  # fmt: skip
    for model, expected in want.items():
        assert ids(model.objects.visible_to(user)) == expected, (model.__name__, user.role)


def search_finds_the_same(organisation: Organisation, user: User) -> None:
    see, found = organisation.reference, defaultdict(set)
    for source, hits in search.find(user, WORD, limit=100):
        found[source.kind] = {hit.url for hit in hits}

    def urls(rows: Iterable[Any]) -> set[str]:
        return {row.get_absolute_url() for row in rows}

    assert found["company"] == urls(c for c in organisation.companies if see.sees_company(user, c.pk))
    assert found["contact"] == urls(c for c in organisation.contacts if see.sees_company(user, c.company_id))
    assert found["division"] == urls(
        d for d in organisation.divisions if see.sees_company(user, d.company_id)
    )
    assert found["site"] == urls(s for s in organisation.sites if see.sees_company(user, s.company_id))
    assert found["deal"] == urls(d for d in organisation.deals if see.sees_owned(user, d))
    assert found["lead"] == urls(lead for lead in organisation.leads if see.sees_owned(user, lead))


def the_menu_counts_the_same(organisation: Organisation, user: User, rf: Any) -> None:
    see = organisation.reference
    request = rf.get("/")
    request.user, request.resolver_match = user, None
    counts = {item["url"]: item["count"] for section in nav.menu(request) for item in section["items"]}
    today = timezone.localdate()
    visible = [d for d in organisation.deals if see.sees_owned(user, d)]
    leads = [lead for lead in organisation.leads if see.sees_owned(user, lead)]

    assert counts[reverse("pipeline:board")] == sum(d.closed_at is None for d in visible)
    assert counts[reverse("leads:leads")] == sum(lead.state == "new" for lead in leads)
    if reverse("accounts:duplicates") in counts:
        pairs = [p for p in organisation.pairs if see.sees_all(user, [p.company_a_id, p.company_b_id])]
        assert (counts[reverse("accounts:duplicates")] or 0) >= len(pairs)
    assert todays.due_this_week(user, today).count() == sum(
        t.owner_id == user.pk and see.sees_todo(user, t) for t in organisation.todos
    )


def timelines_tell_the_same(organisation: Organisation, user: User) -> None:
    see = organisation.reference
    for company in organisation.companies:
        if not see.sees_company(user, company.pk):
            continue
        deals = [d for d in organisation.deals if d.company_id == company.pk and see.sees_owned(user, d)]
        leads = [v for v in organisation.leads if v.company_id == company.pk and see.sees_owned(user, v)]
        told = {(e.subject_type, e.subject_id) for e in events.timeline(user, company=company.pk)}
        assert told == (
            {("company", company.pk)} | {("deal", d.pk) for d in deals} | {("lead", v.pk) for v in leads}
        )


def figures_add_up_the_same(organisation: Organisation, user: User) -> None:
    see, today = organisation.reference, timezone.localdate()
    visible = [d for d in organisation.deals if see.sees_owned(user, d)]
    is_open = [d for d in visible if d.closed_at is None]
    rows = Deal.objects.visible_to(user)
    this_month = Period(today.replace(day=1), today)

    stalled = asking.ask(user, team.stalled(today))
    assert (stalled.count, stalled.amount) == total(
        d for d in is_open if d.stalls_on is not None and d.stalls_on <= today
    )
    idle = asking.ask(user, team.without_next_action())
    assert (idle.count, idle.amount) == total(d for d in is_open if d.next_action_on is None)
    won = ask(sales.won(rows, this_month))
    assert (won.count, won.amount) == total(d for d in visible if d.stage.kind == "won")


def templates_are_counted_the_same(organisation: Organisation, user: User) -> None:
    """On the pages of the templates, in the comparison of won and lost deals, and in the list it leads to."""
    see, today, version = organisation.reference, timezone.localdate(), organisation.text
    uses = [use for use in organisation.uses if see.sees_about(user, use.activity)]
    of_deals = {use.activity.deal_id for use in organisation.uses if use.activity.deal_id}
    deals = [d for d in organisation.deals if d.pk in of_deals and see.sees_owned(user, d)]
    won = ids(d for d in deals if d.stage.kind == Stage.Kind.WON)
    lost = ids(d for d in deals if d.stage.kind == Stage.Kind.LOST)

    rate = rates.by_version(user).get(version.pk, rates.Rate())
    assert (rate.uses, rate.deals) == (len(uses), len(deals))
    assert (rate.tally.won, rate.tally.lost) == (len(won), len(lost))
    narrowing = Narrowing(user, today, {"text": version}, {"text": str(version.pk)})
    compared = outcomes.read(narrowing.only_whose(), fiscal.quarter_of(today, 4))
    lines = {line.label: line.now for d in compared.dimensions if d.key == "text" for line in d.lines}
    assert lines.get("お礼 v1", outcomes.Tally()) == outcomes.Tally(len(won), len(lost))
    assert ids(narrowing.apply(Deal.objects.visible_to(user))) == ids(d for d in deals if d.stage.is_open)


def total(deals: Iterable[Deal]) -> tuple[int, Any]:
    deals = list(deals)
    return len(deals), sum(deal.amount or 0 for deal in deals)


# The pages ----------------------------------------------------------------------------------------


@settings(max_examples=4, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(seed=SEED)
def test_the_pages_list_what_the_plain_rules_say(seed: int, db: None) -> None:
    """Lists, company pages and the search page name every visible record, and no other."""
    with transaction.atomic():
        organisation = Organisation(random.Random(seed))
        see = organisation.reference
        for user in organisation.users[:3]:
            if not user.is_active:
                continue
            client = Client()
            client.force_login(user)
            companies = [c for c in organisation.companies if see.sees_company(user, c.pk)]
            people = [c for c in organisation.contacts if see.sees_company(user, c.company_id)]
            deals = [d for d in organisation.deals if d.closed_at is None and see.sees_owned(user, d)]
            new_leads = [v for v in organisation.leads if v.state == "new"]
            leads = [v for v in new_leads if see.sees_owned(user, v)]
            for name, all_rows, shown in (
                ("accounts:companies", organisation.companies, companies),
                ("accounts:contacts", organisation.contacts, people),
                ("pipeline:board", organisation.deals, deals),
                ("pipeline:list", organisation.deals, deals),
                ("leads:leads", new_leads, leads),
            ):
                page = client.get(reverse(name))
                named = set(re.findall(r'href="?([^"\s>]+)', page.content.decode()))
                links = {row.pk for row in all_rows if row.get_absolute_url() in named}
                assert links == ids(shown), (name, user.role)
            for company in organisation.companies:
                page = client.get(company.get_absolute_url())
                assert page.status_code == (200 if company in companies else 404)
        transaction.set_rollback(True)


def test_the_roles_can_what_the_plain_table_says() -> None:
    assert {name: set(map(str, can)) for name, can in roles.CAPABILITIES.items()} == ROLES_WITH
