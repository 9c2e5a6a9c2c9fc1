"""Merge and un-merge over random companies with children of every kind: taken back, every row is as it was."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from accounts import companies, contacts, merging, positions
from accounts.merging import own_columns
from accounts.merging.journal import model_of
from accounts.models import (
    Company,
    CompanyAccess,
    CompanyName,
    Contact,
    Division,
    DuplicatePair,
    FactsQuestion,
    FurtherValue,
    Merge,
    Position,
    Site,
)
from activities.models import Activity, Todo
from crm.lib import names
from leads.models import Lead, Touch
from pipeline.models import Deal
from staff.models import CustomField, CustomValue, User
from tests.accounts.merged import everything
from tests.factories import make_company, make_contact, make_deal, make_lead

SEED = st.integers(0, 10**9)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
chance = settings(max_examples=25, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
NUMBERS = ["7000012050002", "9000012050000"]


class World:
    """Four companies that share names, sites and people, and everything that may hang on them."""

    def __init__(self, dice: random.Random, people: list[User]) -> None:
        self.dice, self.people = dice, people
        self.numbers = list(NUMBERS)
        self.fields = [
            CustomField.objects.create(
                subject=subject, kind=kind, name_ja=subject + kind, name_en=kind, purpose="x", owner=people[0]
            )
            for subject, kind in (
                ("company", "text"),
                ("company", "money"),
                ("contact", "date"),
                ("lead", "person"),
            )
        ]
        self.companies = [self.company() for _n in range(4)]
        for one in self.companies:
            self.children(one)
        self.questions()
        self.own_values()
        companies.recompute(self.companies)
        contacts.recompute(list(Contact.objects.all()))

    def some(self, *values: Any) -> Any:
        return self.dice.choice([*values, "", ""])

    def rarely(self, times: int = 2) -> range:
        return range(self.dice.randint(0, times))

    def company(self) -> Company:
        one = make_company(
            self.dice.choice(["青嶺精工株式会社", "㈱青嶺精工", "青嶺精工 松本工場", "アオミネ精工"]),
            owner=self.dice.choice([*self.people, None]),
            kana=self.some("アオミネセイコウ"),
            phone=self.some("+81263000000", "+81263111111"),
            domain=self.some("aomine.example"),
            industry=self.some("製造業", "卸売業"),
            employees=self.dice.choice([None, 0, 180]),
            prefecture=self.some("長野県"),
            city=self.some("松本市"),
            street=self.some("中央1-2-3", "中央3-2-1"),
            notes=self.some("名刺から", "展示会で"),
            corporate_number=self.numbers.pop() if self.numbers and self.dice.random() < 0.3 else "",
            changed_on=self.dice.choice([None, date(2024, 4, 1)]),
            last_activity_at=self.dice.choice(
                [None, timezone.now() - timedelta(days=self.dice.randint(1, 99))]
            ),
        )
        if self.dice.random() < 0.4:
            companies.restrict(
                one, self.dice.sample(self.people, self.dice.randint(0, 2)), [], by=self.people[0]
            )
        for name in self.dice.sample(["アオミネ", "青嶺", "青嶺製作所"], self.dice.randint(0, 2)):
            CompanyName.objects.create(company=one, name=name, name_key=names.company_key(name))
        for phone in self.dice.sample(
            ["+81333561234", "+81521234567", "+81263111111"], self.dice.randint(0, 2)
        ):
            FurtherValue.objects.create(company=one, kind="phone", value=phone)
        return one

    def children(self, one: Company) -> None:
        dice, me = self.dice, self.people[0]
        divisions = [
            Division.objects.create(company=one, name=name)
            for name in dice.sample(["生産本部", "営業部"], dice.randint(0, 2))
        ]
        sites = [
            Site.objects.create(
                company=one, name=name, division=dice.choice([*divisions, None]), city=self.some("諏訪市")
            )
            for name in dice.sample(["本社", "諏訪", "松本工場"], dice.randint(0, 2))
        ]
        staff = [
            make_contact(
                one, dice.choice(["小林", "森"]), "直樹", email=self.some("n@aomine.example"),
                mobile=self.some("+819000000000"), title=self.some("課長"),
                division=dice.choice([*divisions, None]), site=dice.choice([*sites, None]),
            )
            for _n in self.rarely(3)
        ]  # fmt: skip
        Position.objects.bulk_create(positions.begin(staff))
        if dice.random() < 0.3 and one != self.companies[0]:
            Company.objects.filter(pk=one.pk).update(parent=self.companies[0])
        for _n in self.rarely():
            place = {
                "division": dice.choice([*divisions, None]), "site": dice.choice([*sites, None]),
                "contact": dice.choice([*staff, None]),
            }  # fmt: skip
            deal = make_deal(me, "New lead", one, **place)
            for _m in self.rarely():
                Activity.objects.create(
                    kind="call", deal=deal, company=one, contact=place["contact"], by=me, team=me.team
                )
            for _m in self.rarely():
                Todo.objects.create(
                    title="x", deal=deal, owner=me, team=me.team, due_on=date(2026, 12, 1), created_by=me
                )
        for _n in self.rarely():
            lead = make_lead(me, company=one, contact=dice.choice([*staff, None]))
            Touch.objects.create(lead=lead, kind="form", channel=lead.channel)
            Activity.objects.create(kind="memo", lead=lead, company=one, by=me, team=me.team)
        for _n in self.rarely(1):
            Activity.objects.create(kind="memo", company=one, by=me, team=me.team)
            Todo.objects.create(
                title="y", company=one, owner=me, team=me.team, due_on=date(2026, 12, 1), created_by=me
            )
            FactsQuestion.objects.create(
                company=one, about="name", values={"name": "新社名"}, changed_on=date(2024, 4, 1)
            )

    def questions(self) -> None:
        dice = self.dice
        for a in self.companies:
            for b in self.companies:
                if a.pk < b.pk and dice.random() < 0.5:
                    DuplicatePair.objects.create(
                        company_a=a, company_b=b, score=60, state=dice.choice(["open", "later", "different"]),
                        reasons=[{"key": "name", "points": 9, "a": a.name, "b": b.name}],
                    )  # fmt: skip
        people = list(Contact.objects.order_by("pk"))
        for _n in self.rarely():
            if len(people) > 1:
                a, b = sorted(dice.sample(people, 2), key=lambda person: person.pk)
                DuplicatePair.objects.get_or_create(
                    company_a=a.company, company_b=b.company, contact_a=a, contact_b=b, defaults={"score": 50}
                )

    def own_values(self) -> None:
        models = {"company": Company, "contact": Contact, "lead": Lead}
        CustomValue.objects.bulk_create(
            CustomValue(field=field, subject_id=pk, **{field.column: self.own_value(field)})
            for field in self.fields
            for pk in models[field.subject].objects.order_by("pk").values_list("pk", flat=True)
            if self.dice.random() < 0.6
        )

    def own_value(self, field: CustomField) -> Any:
        values = {
            "text": ["A", "B"],
            "money": [100, 200],
            "date": [date(2026, 4, 1), date(2027, 4, 1)],
            "person": self.people,
        }
        return self.dice.choice(values[field.kind])

    # What people do --------------------------------------------------------------------------------

    def merge_something(self) -> Merge | None:
        kind = self.dice.choice(["company"] * 4 + ["site"] + ["contact", "lead", "division"])
        me = self.people[0]
        try:
            with transaction.atomic():
                if kind in ("company", "site"):
                    rows = list(Company.objects.active().order_by("pk"))
                    winner, loser = self.dice.sample(rows, 2)
                    if kind == "site":
                        return merging.make_site(loser, winner, by=me)
                    return merging.merge_companies(winner, loser, by=me, picks=self.picks())
                model = {"contact": Contact, "lead": Lead, "division": Division}[kind]
                rows = list(model.objects.filter(merged_into=None, deleted_at=None).order_by("pk"))
                winner, loser = self.dice.sample(rows, 2)
                return merging.merge(winner, loser, by=me)
        except (merging.Refused, ValueError):
            return None

    def picks(self) -> dict[str, Any]:
        fields = self.dice.sample(["name", "phone", "industry", "street", "notes", "owner"], 2)
        fields += [field.key for field in self.fields[:2] if self.dice.random() < 0.5]
        picks = {field: self.dice.choice(["winner", "loser"]) for field in fields}
        return {**picks, "corporate_number": self.dice.choice(["winner", "loser"])}

    def edit_something(self, n: int) -> tuple[type[Any], int, str, Any] | None:
        """One value of one row that is in use becomes another that nobody had."""
        model, column, value = self.dice.choice(
            [
                (Company, "industry", f"業種{n}"), (Company, "employees", 1000 + n), (Company, "street", f"番地{n}"),
                (Contact, "title", f"役職{n}"), (Contact, "email", f"{n}@new.example"), (Deal, "name", f"案件{n}"),
                (Site, "city", f"市{n}"), (Activity, "body", f"メモ{n}"), (Lead, "interest", f"関心{n}"),
                (Company, self.fields[0].key, self.dice.choice([None, f"独自{n}"])), (Company, self.fields[1].key, f"{1000 + n}.0000"),
                (Contact, self.fields[2].key, None),
            ]
        )  # fmt: skip
        rows = (
            model.objects.all()
            if model in (Deal, Activity)
            else model.objects.filter(merged_into=None, deleted_at=None)
        )
        pks = list(rows.order_by("pk").values_list("pk", flat=True))
        if not pks:
            return None
        pk = self.dice.choice(pks)
        if own_columns.is_own(column):
            own_columns.put(pk, column, value)
        else:
            model.objects.filter(pk=pk).update(**{column: value})
        return model, pk, column, value


@pytest.fixture
def people(sato, takahashi, tanaka, watanabe):
    return [sato, takahashi, tanaka, watanabe]


def differences(now: dict[str, Any], expected: dict[str, Any]) -> list[Any]:
    """What differs, row by row and column by column."""
    found = []
    for kind in expected:
        for pk in sorted(now[kind].keys() | expected[kind].keys()):
            a, b = now[kind].get(pk), expected[kind].get(pk)
            if not isinstance(a, dict) or not isinstance(b, dict):
                found += [(kind, pk, a, b)] if a != b else []
                continue
            found += [(kind, pk, column, a[column], b[column]) for column in a if a[column] != b[column]]
    return found


def plain_rows() -> dict[str, Any]:
    """Without what is computed from the others."""
    rows = everything()
    rows.pop("keys")
    for kind in rows.values():
        for row in kind.values():
            for column in ("search_text", "search_grams", "name_key", "sort_key", "person_key"):
                row.pop(column, None)
    return rows


@given(SEED)
@chance
def test_a_merge_taken_back_leaves_everything_as_it_was(people, seed):
    with transaction.atomic():
        world = World(random.Random(seed), people)
        before = everything()

        made = None
        while made is None:
            made = world.merge_something()
        merging.unmerge(made, by=people[0])

        assert differences(everything(), before) == []
        transaction.set_rollback(True)


@given(SEED)
# A merge made again joins two divisions that the next one to be made again would have joined.
@example(290835635)
# A company made a site of another brings a division there that has the name of one that has to return.
@example(36000000)
@chance
def test_merges_of_merges_taken_back_in_any_order_leave_everything_as_it_was(people, seed):
    with transaction.atomic():
        dice = random.Random(seed)
        world = World(dice, people)
        before = everything()

        for _n in range(dice.randint(2, 5)):
            world.merge_something()
        while standing := list(Merge.objects.standing().order_by("pk")):
            merging.unmerge(dice.choice(standing), by=people[0])

        assert differences(everything(), before) == []
        transaction.set_rollback(True)


@given(SEED)
@chance
def test_what_was_edited_between_is_kept_where_it_belongs(people, seed):
    """Expected is what the same edits would have made of the rows without a merge, or what a person decided."""
    with transaction.atomic():
        dice = random.Random(seed)
        world = World(dice, people)
        expected = plain_rows()
        made = None
        while made is None:
            made = world.merge_something()
        edits = [edit for n in range(dice.randint(1, 6)) if (edit := world.edit_something(n))]
        last = {(model, pk, column): value for model, pk, column, value in edits}

        answers = {}
        for question in merging.questions(made, by=people[0]):
            answers[question.key] = dice.choice(question.answers)
            model = model_of(question.table)
            if not question.column:
                answers[question.key] = "loser"
            elif answers[question.key] == "loser":
                now = last.pop((model, question.pk, question.column))
                other = _absorbed_by(made, question.table, question.pk)
                expected[model.__name__][other][question.column] = now
        for (model, pk, column), value in last.items():
            if pk in expected[model.__name__]:  # a site that the merge itself made is gone, with its values
                expected[model.__name__][pk][column] = value
        merging.unmerge(made, by=people[0], answers=answers)

        assert differences(plain_rows(), expected) == []
        transaction.set_rollback(True)


def _absorbed_by(made: Merge, table: str, pk: int) -> int:
    return next(
        change.rows[0]
        for change in made.changes.filter(table=table, action="moved").order_by("pk")
        if change.fields.get("merged_into_id", [0, 0])[1] == pk
    )


def test_the_world_has_access_rows_and_pairs_often_enough(people):
    """So that the properties above speak about them."""
    seen = set()
    for seed in range(5):
        with transaction.atomic():
            World(random.Random(seed), people)
            seen |= {
                model
                for model in (CompanyAccess, CustomValue, DuplicatePair, FactsQuestion, Site)
                if model.objects.exists()
            }
            transaction.set_rollback(True)
    assert len(seen) == 5
