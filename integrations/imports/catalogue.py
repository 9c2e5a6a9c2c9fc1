"""What the names in a list may mean: stages, channels, loss reasons, people. Read once a slice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from accounts.models import Channel
from crm.lib.text import fold
from integrations.imports import own_fields
from integrations.imports.fields import BY_KEY, Field
from integrations.models import Import
from leads.models import Touch
from pipeline.models import LossReason, Stage
from staff import roles
from staff.models import CustomField, Role, User

_UNITS = {"千円": 1_000, "万円": 10_000, "百万円": 1_000_000, "億円": 100_000_000, "千": 1_000, "万": 10_000, "百万": 1_000_000, "億": 100_000_000,
          "k": 1_000, "million": 1_000_000, "千yen": 1_000, "m": 1_000_000}  # fmt: skip
_UNIT = re.compile(
    r"(?:\(|\[|/|:|単位|:)\s*:?\s*(百万円|千円|万円|億円|百万|千|万|億|k|million|m)\s*(?:\)|\]|$|単位)",
    re.IGNORECASE,
)

_WON = {
    fold(word)
    for word in (
        "受注",
        "成約",
        "Closed Won",
        "won",
        "受注済",
        "受注済み",
        "成立",
        "契約済み",
        "契約",
        "勝ち",
        "クローズ(成立)",
        "closedwon",
        "受注確定",
    )
}
_LOST = {
    fold(word)
    for word in (
        "失注",
        "Closed Lost",
        "lost",
        "失注済",
        "失注済み",
        "不成立",
        "見送り",
        "クローズ(不成立)",
        "closedlost",
        "失注確定",
        "キャンセル",
        "中止",
    )
}

_TOUCHES = {
    Touch.Kind.EXHIBITION: "展示会 来場 ブース来場 名刺交換 exhibition fair tradeshow expo 展示会来場 名刺",
    Touch.Kind.DOWNLOAD: "資料ダウンロード 資料dl ダウンロード dl ホワイトペーパー download whitepaper カタログ 資料請求",
    Touch.Kind.WEBINAR: "ウェビナー セミナー ウェブセミナー webセミナー webinar seminar event イベント セミナー参加 勉強会",
    Touch.Kind.PRICING: "料金ページ 価格ページ 料金ページ閲覧 pricing pricingpage 料金 価格",
    Touch.Kind.FORM: "フォーム 問い合わせ お問い合わせ 問合せ webフォーム form inquiry contact お問合せ 問い合わせフォーム",
    Touch.Kind.REFERRAL: "紹介 リファラル referral 紹介受け partner パートナー",
    Touch.Kind.AD: "広告 広告クリック ad ads adclick バナー リスティング",
}


class Catalogue:
    """Names → rows, for one import."""

    def __init__(self, batch: Import) -> None:
        self.batch = batch

    @cached_property
    def units(self) -> dict[str, int]:
        """Field → what its column counts in, by the header."""
        found = {}
        for column in self.batch.columns:
            key = column["field"]
            own = self.own.get(key)
            if key == "amount" or (own and own_fields.counts_in_units(own, column["name"])):
                match = _UNIT.search(unicodedata.normalize("NFKC", column["name"]))
                if match:
                    found[key] = _UNITS[match[1].casefold()]
        return found

    @cached_property
    def own(self) -> dict[str, CustomField]:
        """The company's own fields among the columns."""
        return own_fields.named(column["field"] for column in self.batch.columns)

    @cached_property
    def fields(self) -> dict[str, Field]:
        """What the columns can be, with how it is cleaned."""
        if not self.own:
            return BY_KEY
        kind = self.batch.kind
        mine = {key: own_fields.as_field(own, kind, self.colleague) for key, own in self.own.items()}
        return BY_KEY | mine

    @cached_property
    def stages(self) -> list[Stage]:
        return list(Stage.objects.filter(pipeline__is_default=True).order_by("position"))

    @cached_property
    def _stage_by_name(self) -> dict[str, Stage]:
        named = {fold(name): stage for stage in self.stages for name in (stage.name_ja, stage.name_en)}
        for words, kind in ((_WON, Stage.Kind.WON), (_LOST, Stage.Kind.LOST)):
            closed = next((stage for stage in self.stages if stage.kind == kind), None)
            for word in words if closed else ():
                named.setdefault(word, closed)  # type: ignore[arg-type]
        return named

    def stage(self, name: str) -> Stage | None:
        """By its name in either language, 「3.提案」 too."""
        key = fold(name)
        return self._stage_by_name.get(key) or self._stage_by_name.get(
            fold(re.sub(r"^[\d①-⑳a-zA-Z]{1,2}[.．:：)）\s_-]*", "", name))
        )

    def stage_of(self, kind: str) -> Stage:
        return next(stage for stage in self.stages if stage.kind == kind)

    @cached_property
    def _channels(self) -> dict[str, Channel]:
        return _by_names(Channel.objects.all())

    def channel(self, name: str) -> Channel | None:
        return self._channels.get(fold(name))

    @property
    def channel_names(self) -> list[str]:
        return [str(channel) for channel in dict.fromkeys(self._channels.values())]

    @cached_property
    def _reasons(self) -> dict[str, LossReason]:
        return _by_names(LossReason.objects.all())

    def loss_reason(self, name: str) -> LossReason | None:
        key = fold(name)
        found = self._reasons.get(key)
        return found or next((r for known, r in self._reasons.items() if known and (known in key)), None)

    @property
    def other_reason(self) -> LossReason | None:
        return self._reasons.get("other")

    @cached_property
    def touch_kinds(self) -> dict[str, str]:
        named = {fold(word): kind.value for kind, words in _TOUCHES.items() for word in words.split()}
        return (
            named
            | {kind.value: kind.value for kind in Touch.Kind}
            | {fold(str(kind.label)): kind.value for kind in Touch.Kind}
        )

    def touch_kind(self, name: str) -> str:
        return self.touch_kinds.get(fold(name), "")

    @cached_property
    def _people(self) -> dict[str, User | None]:
        return _by_their_names(User.objects.filter(is_active=True, is_system=False).select_related("team"))

    def person(self, name: str) -> User | None:
        return self._people.get(fold(name))

    @cached_property
    def _gone(self) -> dict[str, User | None]:
        return _by_their_names(User.objects.filter(is_active=False, is_system=False))

    def colleague(self, name: str) -> User | None:
        """`person`, and who is no longer here: a list of old knows them."""
        return self.person(name) or self._gone.get(fold(name))

    @cached_property
    def somebody(self) -> User:
        """Who gets what has no owner of ours: whoever brings the list in, else an administrator."""
        by = self.batch.by
        if not by.is_system and roles.can(by, "sell"):
            return by
        admins = User.objects.filter(is_active=True, is_system=False, role=Role.ADMIN).select_related("team")
        return admins.order_by("pk").first() or by


def _by_their_names(rows: Iterable[User]) -> dict[str, User | None]:
    people: dict[str, User | None] = {}
    for person in rows:
        names = (
            person.email,
            person.family_name + person.given_name,
            person.given_name + person.family_name,
            person.family_name,
        )
        for name in {fold(name) for name in names if name}:
            # A name that two people have names neither.
            people[name] = person if name not in people else None
    return people


def _by_names(rows: Iterable[Any]) -> dict[str, Any]:
    return {fold(name): row for row in rows for name in (row.name_ja, row.name_en, row.code)}
