"""A deal's way through the stages as people would have gone it: every criterion met by the ordinary functions."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils import timezone

from activities import log, todos
from activities.models import Todo
from crm.lib import workdays
from pipeline import deals, exit_criteria, files, moves
from pipeline.models import Deal, ExitCriterion, LossReason, Stage, WinReason
from staff.models import User

ANSWERS = {
    "topic": [
        "現場の人手が足りない",
        "古い機械の更新を考えている",
        "検査の見逃しを減らしたい",
        "記録を紙からなくしたい",
    ],
    "interest": ["夜勤の負担", "見逃しの削減", "段取り時間の短縮", "保守費の見通し"],
    "decision_maker": [
        "{contact}（決裁 1,500万円まで）",
        "社長。最終の役員会は月末",
        "工場長。本社の承認は不要",
        "管理本部長",
    ],
    "issue": [
        "目視検査の見逃しが月 12 件。夜勤帯に集中",
        "手書きの記録に一日 2 時間かかっている",
        "止まると一回で 80 万円の損",
        "出荷のピークに人が足りない",
    ],
    "reaction": [
        "概ね良い。納期だけ心配",
        "現場は前向き。総務が価格を気にしている",
        "二案目で社内を進めるとのこと",
    ],
    "approval": ["部長 → 工場長 → 社長の順", "電子稟議。購買が二週間", "役員会に一度かける"],
    "terms": ["検収後 翌月末払い。納期 60 日", "前金 30 %、残りは検収後", "従来の基本契約のとおり"],
    "approval_date": ["今月の役員会", "来週の稟議会議", "月末の取締役会"],
    "billing_to": ["本社 経理部", "工場 総務課", "管理本部 購買課"],
}
WINS = {"fit": 8, "proposal": 6, "speed": 5, "references": 4, "price": 3, "relation": 3}
HEARD = ["{contact}、電話で", "{contact}、訪問のとき", "{contact}のメール", "現場の打ち合わせで、{contact}"]
CALL_NOTES = [
    "見学会の感想を聞いた。夜勤の見逃しが悩み。",
    "現場の写真を送ってもらう約束。",
    "予算は上期の補正で検討とのこと。",
    "担当は前向き。上長への説明資料を頼まれた。",
    "競合の更新案も出ている様子。",
]
MEETING_NOTES = [
    "目視検査の見逃しが月 12 件。夜勤帯に集中。11 月の定期修理に合わせて入れたい。",
    "現場を一緒に歩いた。既存の配線はそのまま使える。",
    "二案を説明。安い方で社内を進めるとのこと。",
]
COMPETITORS = ["既存の保守会社", "内製", "A社", "なし"]


class Walk:
    """Moves one deal on, day by day, always in working hours. `rng` makes the same story from the same seed."""

    def __init__(self, deal: Deal, rng: random.Random, day: date) -> None:
        self.deal, self.rng, self.day = deal, rng, day
        self.stages = {s.position: s for s in Stage.objects.filter(pipeline=deal.stage.pipeline_id)}

    def moment(self) -> datetime:
        """Some time of the current day, never in the future."""
        at = datetime.combine(self.day, datetime.min.time()) + timedelta(
            hours=9, minutes=self.rng.randrange(540)
        )
        return min(timezone.make_aware(at), timezone.now() - timedelta(minutes=1))

    def after_the_last_move(self) -> datetime:
        """The same, where several stages are passed on one day."""
        return max(self.moment(), self.deal.stage_entered_at)

    def pass_days(self, days: int, not_after: date | None = None) -> None:
        self.day += timedelta(days=days)
        while not workdays.is_workday(self.day):
            self.day += timedelta(days=1)
        if not_after and self.day > not_after:
            self.day = not_after

    def fresh(self) -> Deal:
        self.deal = Deal.objects.select_related("stage", "company", "contact", "owner").get(pk=self.deal.pk)
        return self.deal

    def call(self, body: str = "", kind: str = "call") -> None:
        notes = CALL_NOTES if kind in ("call", "mail") else MEETING_NOTES
        log.log_activity(
            kind,
            by=self.deal.owner,
            deal=self.deal,
            body=body or self.rng.choice(notes),
            at=self.moment(),
            minutes=self.rng.choice([4, 7, 15, 40]),
        )

    def meet(self, goal: int) -> None:
        """Fulfils criteria of the current stage until `goal` of them are met (0 leaves what is met already)."""
        for status in exit_criteria.statuses(self.fresh()):
            if self.deal.criteria_met >= goal:
                return
            if not status.is_met:
                self._fulfil(status.criterion)
                self.fresh()

    def advance(self) -> None:
        """Everything the stage asks, then the next stage."""
        self.meet(99)
        deal = self.deal
        to = self.stages[min(p for p, s in self.stages.items() if p > deal.stage.position)]
        self.deal = moves.move_deal(
            deal, to, by=deal.owner, seen=deal.version, at=self.after_the_last_move(), won=self._why_won(to)
        )

    def aside(self, *about: str) -> random.Random:
        """Chance of its own for what was added to the story later, so that the rest goes as it went."""
        return random.Random(" ".join([*about, self.deal.name, str(self.deal.amount), str(self.day)]))  # noqa: S311

    def _why_won(self, to: Stage) -> moves.Won | None:
        """What the owner said when it was won; every sixth says nothing. The story goes on whatever is said."""
        chosen = self.aside("won")
        if to.kind != Stage.Kind.WON or chosen.random() < 1 / 6:
            return None
        code = chosen.choices(list(WINS), list(WINS.values()))[0]
        return moves.Won(WinReason.objects.get(code=code))

    def lose(self, reason: LossReason) -> None:
        deal = self.fresh()
        competitor = self.rng.choice(COMPETITORS[:3]) if reason.code in ("features", "price") else ""
        # Whoever had bad timing is worth another call half a year later.
        again = self.day + timedelta(days=180) if reason.code == "timing" else None
        self.deal = moves.lose_deal(
            deal, by=deal.owner, seen=deal.version, reason=reason, competitor=competitor,
            call_again_on=again if again and again > timezone.localdate() else None, at=self.after_the_last_move(),
        )  # fmt: skip

    def _fulfil(self, criterion: ExitCriterion) -> None:
        kinds, deal = ExitCriterion.Kind, self.deal
        if criterion.kind == kinds.QUESTION:
            text = self.rng.choice(ANSWERS[criterion.code]).format(contact=deal.contact or "工場長")
            heard = self.aside("heard", criterion.code)
            words = (
                heard.choice(HEARD).format(contact=deal.contact or "担当の方") if heard.random() < 0.7 else ""
            )
            exit_criteria.answer(deal, criterion, text, by=deal.owner, evidence=words, at=self.moment())
        elif criterion.kind == kinds.ACTIVITY:
            self.call(kind=self.rng.choice(criterion.activity_kinds))
        elif criterion.kind == kinds.FILE:
            name = {"quote": "御見積書.txt", "contract": "注文書.txt"}.get(criterion.file_kind, "資料.txt")
            content = ContentFile(f"{deal.name}\n{deal.company.name} 御中\n".encode(), name=name)
            files.attach(deal, content, criterion.file_kind, by=deal.owner, at=self.moment())
        elif criterion.field == "next_action_on":
            todos.add_todo(
                "次の打合せ",
                owner=deal.owner,
                by=deal.owner,
                due_on=self.day + timedelta(days=5),
                kind="meeting",
                deal=deal,
                at=self.moment(),
            )
        else:
            self._fill(criterion.field)

    def _fill(self, field: str) -> None:
        amount = self.deal.amount or Decimal(3_000_000)
        value = {
            "amount": amount,
            "budget": (amount * Decimal("1.1")).quantize(Decimal(1)),
            "close_on": self.day + timedelta(days=45),
            "wanted_on": self.day + timedelta(days=90),
            "competitor": self.rng.choice(COMPETITORS),
            "contact": self.deal.contact or self.deal.company.contacts.first(),
        }[field]
        self.deal = deals.edit_deal(self.deal, {field: value}, {}, by=self.deal.owner, at=self.moment())

    def close_todos(self) -> None:
        for todo in Todo.objects.open().filter(deal=self.deal):
            todos.complete_todo(todo, by=self.deal.owner, at=self.moment())


def pass_by_waiver(deal: Deal, stage: str, manager: User, why: str, at: datetime, *, days: int) -> None:
    """A manager lets the deal pass to the stage; so many days later it is lost all the same."""
    to = Stage.objects.get(pipeline=deal.stage.pipeline_id, name_en=stage)
    deal = moves.move_deal(deal, to, by=manager, seen=deal.version, waiver=why, at=at)
    timing = LossReason.objects.get(code="timing")
    moves.lose_deal(deal, by=deal.owner, seen=deal.version, reason=timing, at=at + timedelta(days=days))
