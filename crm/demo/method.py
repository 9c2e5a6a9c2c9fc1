"""What さくら産機 has made of its method: an approval by a version of its own, a draft, kept filters, own fields, two waivers."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Company
from activities.automation import editing as automations
from crm.demo import lists, walk
from pipeline import deals, drafts, publishing
from pipeline.models import Deal, InFlight, Pipeline, SavedView, Stage
from staff.custom import definitions, values
from staff.models import CustomField, User

APPROVAL: dict[str, Any] = {
    "name_ja": "社内承認", "name_en": "Sign-off", "kind": "approval", "field": "", "condition": "", "threshold": None,
    "activity_kinds": [], "file_kind": "", "needs_evidence": False, "is_required": False,
    "question_ja": "1,000万円を超える見積は部長が見る", "question_en": "Quotes above ten million go past the manager",
}  # fmt: skip
VIEWS = [
    ("watanabe", "停滞している大型案件", "stalled=1&sort=-amount", True),
    ("watanabe", "コミットした案件", "forecast=commit", True),
    ("sato", "次が決まっていない", "mine=1&next=none", False),
]
# records, kind, Japanese, English, choices, what for, who asked, from which stage, how many of ten are filled
FIELDS: list[tuple[str, str, str, str, list[str], str, str, str, int]] = [
    ("deal", "choice", "設備の型", "Kind of equipment", ["新設", "更新", "移設"], "提案書の雛形を選ぶ", "watanabe", "Discovery", 7),
    ("deal", "number", "ライン数", "Lines", [], "見積の規模を決める", "sato", "Proposal", 5),
    ("deal", "person", "技術担当", "Engineer", [], "同行の予定を組む", "watanabe", "Proposal", 4),
    ("company", "choice", "与信ランク", "Credit rank", ["A", "B", "C"], "支払条件を決める", "kobayashi", "Quote", 6),
    ("contact", "yes_no", "工場見学に来た", "Visited our works", [], "年末の案内を送る相手を選ぶ", "sato", "", 3),
    ("lead", "date", "希望時期", "Wanted by", [], "かける順番を決める", "takahashi", "", 0),
]  # fmt: skip


def tell(people: dict[str, User], today: date) -> None:
    """Told last, so that the story before goes as it went."""
    pipeline = Pipeline.objects.get(is_default=True)
    _publish_an_approval(pipeline, people["ito"], today)
    _begin_a_draft(pipeline, people["ito"])
    for owner, name, query, is_shared in VIEWS:
        team = people[owner].team if is_shared else None
        SavedView.objects.create(owner=people[owner], name=name, query=query, shared_with=team)
    _categories()
    _own_fields(people)
    lists.bring_in_visitors(people["watanabe"])
    _let_two_pass(people, today)


def _publish_an_approval(pipeline: Pipeline, ito: User, today: date) -> None:
    stage = str(pipeline.stages.get(name_en="Quote").pk)
    draft, _key = drafts.add_criterion(pipeline, stage, APPROVAL, by=ito)
    publishing.publish(
        pipeline, by=ito, seen=draft.version, starts_on=today, in_flight=InFlight.KEEP, note="大きな見積を一人で出さない", today=today,
    )  # fmt: skip


def _begin_a_draft(pipeline: Pipeline, ito: User) -> None:
    """As somebody left it: 提案への反応 would no longer hold deals up, 見積 would count as stalled earlier."""
    content = drafts.in_force(pipeline)
    proposal = next(stage for stage in content["stages"] if stage["name_en"] == "Proposal")
    reaction = next(c for c in proposal["criteria"] if c["name_en"] == "Reaction")
    drafts.edit_criterion(
        pipeline, proposal["key"], reaction["key"], {"is_required": False}, {"is_required": True}, by=ito
    )
    talk = next(stage for stage in content["stages"] if stage["name_en"] == "First contact")
    asked: dict[str, Any] = {
        **APPROVAL, "kind": "field", "field": "channel", "name_ja": "経路", "name_en": "Channel", "is_required": True,
        "question_ja": "「どちらで当社をお知りになりましたか」", "question_en": "“How did you hear of us?”",
    }  # fmt: skip
    drafts.add_criterion(pipeline, talk["key"], asked, by=ito)


def _categories() -> None:
    """What the owners say of their deals: the far ones are committed or hoped for."""
    commit, best = Deal.ForecastCategory.COMMIT, Deal.ForecastCategory.BEST
    for name_en, category in (("Negotiation", commit), ("Quote", best)):
        for deal in Deal.objects.open().filter(stage__name_en=name_en).select_related("owner").order_by("pk"):
            deals.edit_deal(deal, {"forecast_category": category}, {}, by=deal.owner)


def _own_fields(people: dict[str, User]) -> None:
    stages = {stage.name_en: stage.pk for stage in Stage.objects.filter(pipeline__is_default=True)}
    made: list[tuple[CustomField, int]] = []
    for subject, kind, ja, en, choices, purpose, owner, stage, filled in FIELDS:
        given = {
            "name_ja": ja, "name_en": en, "choices": choices, "purpose": purpose, "owner": people[owner],
            "stage": stages.get(stage),
        }  # fmt: skip
        made.append((definitions.add(subject, kind, given, by=people["ito"]), filled))
    chance = random.Random("own fields")  # noqa: S311 - a story
    rows: dict[str, list[Any]] = {
        "deal": list(Deal.objects.open().select_related("owner").order_by("pk")),
        "company": list(Company.objects.active().filter(owner__isnull=False).select_related("owner").order_by("pk")[:40]),
    }  # fmt: skip
    _automate_by_them(made, people["ito"])
    for field, filled in made:
        for record in rows.get(field.subject, []):
            if chance.random() * 10 < filled:
                at = max(record.created_at, timezone.now() - timedelta(days=chance.randrange(4, 30)))
                values.change(
                    field.subject, record, {field: _some(field, people, chance)}, {}, by=record.owner, at=at
                )


def _automate_by_them(made: list[tuple[CustomField, int]], ito: User) -> None:
    """An automation asks for a field of the deal and for one of its company."""
    fields = {field.name_en: field for field, _filled in made}
    wanted = [
        {"field": fields["Kind of equipment"].key, "op": "is", "value": "更新"},
        {"field": fields["Credit rank"].key, "op": "is", "value": "A"},
    ]
    quote = Stage.objects.get(pipeline__is_default=True, name_en="Quote")
    note = {
        "kind": "notify",
        "whom": "owner",
        "text": "{{ company }}は与信Aの更新案件です。年間保守も一緒に提案してください",
        "by_mail": False,
    }
    values = {"trigger": "stage_entered", "stage": quote, "field": "", "offset_days": 0}
    automations.save({**values, "conditions": wanted, "actions": [note]}, by=ito)


def _some(field: CustomField, people: dict[str, User], chance: random.Random) -> Any:
    kinds = CustomField.Kind
    if field.kind == kinds.CHOICE:
        return chance.choice(field.choices)
    return people["takahashi"] if field.kind == kinds.PERSON else Decimal(chance.randrange(1, 9))


def _let_two_pass(people: dict[str, User], today: date) -> None:
    """Waivers are exceptions, and the page of them shows what became of both."""
    sato, watanabe = people["sato"], people["watanabe"]
    company = Company.objects.active().filter(owner=sato).order_by("pk")[0]
    then = timezone.now() - timedelta(days=40)
    for name, why in (
        ("検査治具の緊急手配", "ライン停止のため即日対応"),
        ("展示機の買い取り", "入札の期限が当日"),
    ):
        deal = deals.create_deal(
            name=name, company=company, owner=sato, by=sato, amount=Decimal(900_000), at=then,
            close_on=today - timedelta(days=10),
        )  # fmt: skip
        walk.pass_by_waiver(deal, "Quote", watanabe, why, then + timedelta(hours=2), days=9)
