"""What administrators change about stalls: the rules of a stage, and when the manager hears."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from pipeline.deal_events import StageEvent
from pipeline.models import Stage, StallRule
from staff import events, versions
from staff.models import User


@dataclass(frozen=True)
class Wanted:
    """One rule as the form has it."""

    kind: str
    days: int
    activity_kind: str = ""
    after: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.activity_kind, self.after


@transaction.atomic
def change_rules(
    stage: Stage, rules: Iterable[Wanted], *, patience_days: int, tell_manager_after: int, seen: int, by: User
) -> Stage:
    """From now on these rules and no others. The stage's open deals follow in a worker. Raises versions.Stale."""
    stage = Stage.objects.select_for_update().get(pk=stage.pk)
    versions.require(stage, seen)
    wanted = {rule.key: rule for rule in rules}
    kept = {(r.kind, r.activity_kind, r.after): r for r in StallRule.objects.filter(stage=stage)}
    before = _told(stage, [r for r in kept.values() if r.is_active])
    for key, rule in kept.items():
        rule.is_active = key in wanted
        rule.days = wanted[key].days if key in wanted else rule.days
        rule.save(update_fields=["is_active", "days"])
    for key, new in wanted.items():
        if key not in kept:
            kept[key] = StallRule.objects.create(
                stage=stage, kind=new.kind, days=new.days, activity_kind=new.activity_kind, after=new.after
            )
    stage.patience_days, stage.tell_manager_after = patience_days, tell_manager_after
    after = _told(stage, [r for r in kept.values() if r.is_active])
    if after == before:
        return stage
    stage.version += 1
    stage.save(update_fields=["patience_days", "tell_manager_after", "version"])
    events.record(
        StageEvent.STALL_RULES_EDITED, stage, by=by, before=before, after=after, stage=stage.pk,
        name_ja=stage.name_ja, name_en=stage.name_en,
    )  # fmt: skip
    return stage


def _told(stage: Stage, rules: list[StallRule]) -> dict[str, object]:
    return {
        "patience_days": stage.patience_days,
        "tell_manager_after": stage.tell_manager_after,
        "rules": sorted(rule.code for rule in rules),
    }
