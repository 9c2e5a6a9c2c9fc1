"""Templates of さくら産機, each with an earlier version, and where they were used in the past."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from activities.automation import editing as automations
from activities.models import Activity, TextTemplate, TextUse, TextVersion
from activities.texts import editing
from pipeline.models import Stage
from staff.models import User

MINUTES_1 = "【訪問】{{ today }} {{ company }} {{ contact }}\n話したこと：\n\n宿題："
MINUTES_2 = (
    "【訪問】{{ today }} {{ company }} {{ contact }}\n{{ questions }}\n\n次にすること（いつ・だれが）："
)
PROPOSAL_1 = "{{ company }}\n{{ contact }}\n\n「{{ deal }}」のご提案です。\n\n1. 検査装置の概要\n2. 価格\n\n{{ team }} {{ owner }}"
PROPOSAL_2 = (
    "{{ company }}\n{{ contact }}\n\n「{{ deal }}」のご提案です。\n\n1. いまお困りのこと\n2. 変わること（見逃し・人手・費用）\n3. 進め方と時期\n"
    "4. 費用 {{ amount }}\n\n{{ team }} {{ owner }}"
)
THANKS = (
    "{{ contact }}\n\nさくら産機の{{ owner }}です。\nこのたびは「{{ deal }}」をお任せいただき、ありがとうございます。\n今後の進め方を、"
    "二日以内にご連絡します。\n\n{{ team }} {{ owner }}"
)
AFTER_VISIT = (
    "{{ contact }}\n\nさくら産機の{{ owner }}です。\n本日はお時間をいただき、ありがとうございました。\nうかがった内容をまとめ、次回までに資料をお送りします。"
    "\n\n{{ team }} {{ owner }}"
)
# kind, name, stages, subject, (words, what is different) from the oldest to the newest
TEXTS: list[tuple[str, str, list[str], str, list[tuple[str, str]]]] = [
    (
        "minutes",
        "訪問の議事録",
        ["First contact", "Discovery"],
        "",
        [(MINUTES_1, ""), (MINUTES_2, "聞けていない質問を並べた")],
    ),
    (
        "proposal",
        "検査ラインの提案",
        ["Proposal"],
        "",
        [(PROPOSAL_1, ""), (PROPOSAL_2, "お困りごとから始める")],
    ),
    ("mail", "訪問のお礼", [], "本日のお礼", [(AFTER_VISIT, "")]),
    ("mail", "受注のお礼", ["Negotiation"], "ご発注のお礼", [(THANKS, "")]),
]
# The kinds of activity that were written with it.
USED_FOR = {"minutes": ("meeting", "visit"), "proposal": ("proposal",), "mail": ("mail",)}
CHANGED = timedelta(days=160)


def tell(people: dict[str, User], today: date) -> None:
    """Two years of use: of every three activities of the kind two were begun from the template of their day."""
    ito = people["ito"]
    stages = {stage.name_en: stage.pk for stage in Stage.objects.filter(pipeline__is_default=True)}
    changed = timezone.now() - CHANGED
    for kind, name, offered, subject, wordings in TEXTS:
        template = None
        for n, (body, note) in enumerate(wordings):
            values = {
                "kind": kind, "name": name, "stage_ids": [stages[s] for s in offered], "subject": subject,
                "body": body, "note": note,
            }  # fmt: skip
            at = changed if n else timezone.now() - timedelta(days=700)
            template = editing.save(values, by=ito, template=template, seen=n, at=at)
        if template and name != "受注のお礼":
            _use(template, changed)
    thanks = TextTemplate.objects.get(name="受注のお礼")
    wanted: dict[str, Any] = {
        "trigger": "won",
        "stage": None,
        "field": "",
        "offset_days": 0,
        "conditions": [],
    }
    automations.save({**wanted, "actions": [{"kind": "mail", "template": str(thanks.pk)}]}, by=ito)


def _use(template: TextTemplate, changed: datetime) -> None:
    versions = list(TextVersion.objects.filter(template=template).order_by("number"))
    done = Activity.objects.filter(kind__in=USED_FOR[template.kind], deal__isnull=False, text_use=None)
    TextUse.objects.bulk_create(
        TextUse(version=versions[-1] if activity.at >= changed else versions[0], activity=activity)
        for n, activity in enumerate(done.order_by("at", "pk").only("pk", "at"))
        if n % 3
    )
