"""Publishing a draft: what it will do to the deals on their way, from which day, and the versions there have been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from crm.lib.text import clean_text
from pipeline import drafts, exit_criteria
from pipeline.deal_events import StageEvent
from pipeline.drafts import CRITERION_FIELDS, STAGE_FIELDS, Draft
from pipeline.models import (
    Deal,
    ExitCriterion,
    InFlight,
    MethodDraft,
    MethodVersion,
    Pipeline,
    Stage,
    TeamPipeline,
)
from pipeline.models.criteria import RULE
from staff import events, versions
from staff.models import Team, User

# Beyond this many open deals in a stage the preview speaks of the newest ones.
LOOKED_AT = 2000
# Where stages that were given up stand, behind won and lost.
GONE_FROM = 1000


class StageInUse(Exception):
    """Open deals stand in a stage that the draft takes out; they have to be moved first."""

    def __init__(self, stage: Stage, count: int) -> None:
        super().__init__(f"{stage}: {count}")
        self.stage, self.count = stage, count


class NothingLeft(Exception):
    """A pipeline keeps at least one open stage."""


class Waiting(Exception):
    """A version waits for its day already; it can be taken back."""


@dataclass(frozen=True)
class StageEffect:
    """What the draft does to the open deals of one stage."""

    stage: dict[str, Any]
    open_count: int
    # Deals that would have to fill in something more, and those of them that could go on today.
    affected: list[int] = field(default_factory=list)
    blocked: list[int] = field(default_factory=list)
    # What they lack, most frequent first.
    missing: list[tuple[ExitCriterion, int]] = field(default_factory=list)
    is_removed: bool = False


@dataclass(frozen=True)
class Preview:
    stages: list[StageEffect]

    @property
    def affected_count(self) -> int:
        return sum(len(effect.affected) for effect in self.stages)

    @property
    def in_the_way(self) -> list[StageEffect]:
        """Stages that are taken out while deals stand in them."""
        return [effect for effect in self.stages if effect.is_removed and effect.open_count]

    def of(self, key: str) -> StageEffect | None:
        return next((effect for effect in self.stages if effect.stage["key"] == key), None)


def preview(draft: Draft) -> Preview:
    """What would happen to the deals on their way if the draft held at once; only stages whose criteria it changes."""
    touched = {c.stage for c in draft.changes if c.what == "criterion" and c.how != "ordered"}
    removed = {c.key for c in draft.changes if (c.what, c.how) == ("stage", "removed")}
    keys = [key for key in (touched | removed) if key.isdigit()]
    counted = dict(
        Deal.objects.open().filter(stage__in=[int(k) for k in keys]).order_by()
        .values_list("stage").annotate(n=Count("pk"))
    )  # fmt: skip
    effects = []
    for stage in [*draft.content["stages"], *draft.base["stages"]]:
        key = stage["key"]
        if key in removed:
            effects.append(StageEffect(stage, counted.get(int(key), 0), is_removed=True))
        elif key in touched and key.isdigit() and all(e.stage["key"] != key for e in effects):
            effects.append(_effect(stage, counted.get(int(key), 0)))
    return Preview(effects)


def _effect(stage: dict[str, Any], open_count: int) -> StageEffect:
    rows = Deal.objects.open().filter(stage=int(stage["key"])).order_by("-pk")
    deals = list(rows.defer("search_text", "search_grams")[:LOOKED_AT])
    now, then = (
        exit_criteria.statuses_of_many(deals),
        exit_criteria.statuses_under(deals, drafts.criteria_of(stage)),
    )
    affected, blocked, missing = [], [], Counter[int]()
    criteria = drafts.criteria_of(stage)
    for deal in deals:
        before = {s.criterion.pk for s in now[deal.pk] if s.criterion.is_required and not s.is_met}
        after = [
            n
            for n, s in enumerate(then[deal.pk])
            if s.criterion.is_required
            and not s.is_met
            and (s.criterion.pk is None or s.criterion.pk not in before)
        ]
        if after:
            affected.append(deal.pk)
            missing.update(after)
            if not before:
                blocked.append(deal.pk)
    return StageEffect(
        stage, open_count, affected, blocked, [(criteria[n], count) for n, count in missing.most_common()]
    )


@transaction.atomic
def publish(
    pipeline: Pipeline,
    *,
    by: User,
    seen: int,
    starts_on: date,
    in_flight: str,
    note: str = "",
    today: date,
) -> MethodVersion:
    """Makes the draft a version that holds from its day. `seen` is the draft's version that the person looked at.

    Raises Stale, Waiting, StageInUse or NothingLeft; then nothing has changed.
    """
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    draft = drafts.read(pipeline)
    if draft.row is None or draft.version != seen:
        raise versions.Stale(draft)
    if waiting(pipeline):
        raise Waiting
    if not draft.content["stages"]:
        raise NothingLeft
    effects = preview(draft)
    for effect in effects.in_the_way:
        raise StageInUse(Stage.objects.get(pk=int(effect.stage["key"])), effect.open_count)
    last = MethodVersion.objects.filter(pipeline=pipeline).aggregate(n=Max("number"))["n"] or 0
    version = MethodVersion.objects.create(
        pipeline=pipeline, number=last + 1, content=draft.content, base=draft.base, in_flight=in_flight,
        starts_on=max(starts_on, today), note=clean_text(note).strip()[:200],
        affected_count=effects.affected_count, published_by=by, published_at=timezone.now(),
    )  # fmt: skip
    draft.row.delete()
    _record(StageEvent.PUBLISHED, version, by=by, changes=len(draft.changes), starts_on=version.starts_on)
    if version.starts_on <= today:
        _put_in_force(version, by=by)
    return version


def waiting(pipeline: Pipeline) -> MethodVersion | None:
    """The version that is published and waits for its day."""
    rows = MethodVersion.objects.filter(pipeline=pipeline, in_force_at=None, withdrawn_at=None)
    return rows.select_related("published_by").first()


def put_due_in_force(today: date, *, by: User) -> int:
    """Versions whose day has come hold from now on; one in whose way deals stand waits on. Returns how many."""
    done = 0
    due = Q(in_force_at=None, withdrawn_at=None, starts_on__lte=today)
    for pk in MethodVersion.objects.filter(due).order_by("starts_on", "pk").values_list("pk", flat=True):
        with transaction.atomic():
            version = MethodVersion.objects.select_for_update(skip_locked=True).filter(due, pk=pk).first()
            if version:
                try:
                    with transaction.atomic():
                        _put_in_force(version, by=by)
                        done += 1
                except StageInUse:
                    continue
    return done


@transaction.atomic
def withdraw(version: MethodVersion, *, by: User) -> None:
    """Takes back a version that waits; it becomes the draft again, unless another was begun meanwhile."""
    pipeline = Pipeline.objects.select_for_update().get(pk=version.pipeline_id)
    now = timezone.now()
    rows = MethodVersion.objects.filter(pk=version.pk, in_force_at=None, withdrawn_at=None)
    if not rows.update(withdrawn_at=now):
        raise versions.Stale(version)
    if not MethodDraft.objects.filter(pipeline=pipeline).exists():
        MethodDraft.objects.create(
            pipeline=pipeline, content=version.content, base=version.base, begun_by=version.published_by,
            begun_at=version.published_at, changed_by=by, changed_at=now,
        )  # fmt: skip
    _record(StageEvent.WITHDRAWN, version, by=by)


def _record(kind: StageEvent, version: MethodVersion, *, by: User, **data: Any) -> None:
    events.record(
        kind, version, by=by, name_ja=version.pipeline.name_ja, name_en=version.pipeline.name_en,
        number=version.number, note=version.note, affected=version.affected_count, **data,
    )  # fmt: skip


# Into force -----------------------------------------------------------------------------------------


def _put_in_force(version: MethodVersion, *, by: User) -> None:
    """Carries what the version changes over to the rows; what somebody else's version set stays."""
    now = timezone.now()
    rows = Stage.objects.select_for_update().filter(pipeline=version.pipeline_id, kind=Stage.Kind.OPEN)
    stages = {str(stage.pk): stage for stage in rows.order_by("pk")}
    before = {stage["key"]: stage for stage in version.base["stages"]}
    wanted = version.content["stages"]
    for key in before.keys() - {stage["key"] for stage in wanted}:
        if key in stages:
            _give_up(stages.pop(key), version, now, by=by)
    for place, document in enumerate(wanted, 1):
        stage = stages.get(document["key"])
        if stage is None:
            stage = _add_stage(version, document, place, by=by)
        else:
            _edit_stage(stage, before.get(document["key"], document), document, place, by=by)
        _set_criteria(stage, version, before.get(document["key"]), document, now, by=by)
    version.in_force_at = now
    version.save(update_fields=["in_force_at"])
    _record(StageEvent.IN_FORCE, version, by=by)


def _give_up(stage: Stage, version: MethodVersion, now: datetime, *, by: User) -> None:
    standing = Deal.objects.open().filter(stage=stage).count()
    if standing:
        raise StageInUse(stage, standing)
    stage.kind, stage.position = Stage.Kind.GONE, GONE_FROM + stage.pk % 30000
    stage.version += 1
    stage.save()
    stage.exit_criteria.filter(retired_at=None).update(retired_at=now)
    _record_row(StageEvent.GIVEN_UP, stage, by=by)


def _add_stage(version: MethodVersion, document: dict[str, Any], place: int, *, by: User) -> Stage:
    stage = Stage.objects.create(
        pipeline_id=version.pipeline_id, position=place, kind=Stage.Kind.OPEN,
        **{name: document[name] for name in STAGE_FIELDS},
    )  # fmt: skip
    _record_row(StageEvent.ADDED, stage, by=by)
    return stage


def _edit_stage(
    stage: Stage, base: dict[str, Any], document: dict[str, Any], place: int, *, by: User
) -> None:
    changes = {n: document[n] for n in STAGE_FIELDS if document[n] != base[n]} | {"position": place}
    _set(stage, changes, StageEvent.EDITED, by=by)


def _set_criteria(
    stage: Stage,
    version: MethodVersion,
    base: dict[str, Any] | None,
    document: dict[str, Any],
    now: datetime,
    *,
    by: User,
) -> None:
    rows = {
        str(c.pk): c for c in ExitCriterion.objects.select_for_update().filter(stage=stage, retired_at=None)
    }
    before = {c["key"]: c for c in base["criteria"]} if base else {}
    keeps = version.in_flight == InFlight.KEEP
    for key in before.keys() - {c["key"] for c in document["criteria"]}:
        if key in rows:
            gone = rows[key]
            gone.earlier = _earlier(gone, keeps, now)
            gone.retired_at = now
            gone.version += 1
            gone.save()
            _record_row(StageEvent.CRITERION_RETIRED, gone, by=by)
    for place, wanted in enumerate(document["criteria"]):
        values = drafts.criterion_of(document, wanted)
        if wanted["key"] in rows and wanted["key"] in before:
            _edit_criterion(
                rows[wanted["key"]], before[wanted["key"]], values, wanted, place, keeps, now, by=by
            )
        elif wanted["key"] not in before:
            _add_criterion(stage, values, place, keeps, now, by=by)


def _edit_criterion(
    row: ExitCriterion,
    base: dict[str, Any],
    values: ExitCriterion,
    wanted: dict[str, Any],
    place: int,
    keeps: bool,
    now: datetime,
    *,
    by: User,
) -> None:
    names = [name for name in CRITERION_FIELDS if wanted[name] != base[name]]
    if set(names) & set(RULE):
        row.earlier = _earlier(row, keeps, now)
    changes = {name: getattr(values, name) for name in names} | {"position": place}
    _set(row, changes, StageEvent.CRITERION_EDITED, by=by)


def _add_criterion(
    stage: Stage, values: ExitCriterion, place: int, keeps: bool, now: datetime, *, by: User
) -> None:
    values.pk, values.stage, values.position = None, stage, place
    values.earlier = [{"until": now.isoformat(), "rule": None}] if keeps else []
    values.save()
    values.code = f"c{values.pk}"
    values.save(update_fields=["code"])
    _record_row(StageEvent.CRITERION_ADDED, values, by=by)


def _earlier(row: ExitCriterion, keeps: bool, now: datetime) -> list[dict[str, Any]]:
    """What deals in flight are asked: with "keep" also what held until now, else nothing but the new rule."""
    return [*row.earlier, {"until": now.isoformat(), "rule": row.rule}] if keeps else []


def _set(row: Stage | ExitCriterion, changes: dict[str, Any], kind: StageEvent, *, by: User) -> None:
    changed = versions.merge(row, changes, {})
    if changed:
        row.save()
        _record_row(
            kind, row, by=by,
            before={name: before for name, (before, _after) in changed.items()},
            after={name: after for name, (_before, after) in changed.items()},
        )  # fmt: skip


def _record_row(kind: StageEvent, row: Stage | ExitCriterion, *, by: User, **told: Any) -> None:
    stage = row.pk if isinstance(row, Stage) else row.stage_id
    events.record(kind, row, by=by, name_ja=row.name_ja, name_en=row.name_en, stage=stage, **told)


# Several pipelines -----------------------------------------------------------------------------------


@transaction.atomic
def add_pipeline(name_ja: str, name_en: str, copy_of: Pipeline, *, by: User) -> Pipeline:
    """A further pipeline that begins as a copy of another: its stages, its criteria, won and lost."""
    made = Pipeline.objects.create(name_ja=clean_text(name_ja).strip(), name_en=clean_text(name_en).strip())
    for stage in Stage.objects.filter(pipeline=copy_of).exclude(kind=Stage.Kind.GONE).order_by("position"):
        criteria, rules = list(stage.exit_criteria.filter(retired_at=None)), list(stage.stall_rules.all())
        stage.pk, stage.pipeline, stage.version = None, made, 1
        stage._state.adding = True
        stage.save()
        for criterion in criteria:
            criterion.pk, criterion.stage, criterion.earlier, criterion.version = None, stage, [], 1
            criterion._state.adding = True
            criterion.save()
        for rule in rules:
            rule.pk, rule.stage = None, stage
            rule._state.adding = True
            rule.save()
    events.record(
        StageEvent.PIPELINE_ADDED, made, by=by, name_ja=made.name_ja, name_en=made.name_en, copy_of=copy_of.pk
    )
    return made


@transaction.atomic
def rename_pipeline(pipeline: Pipeline, name_ja: str, name_en: str, *, by: User) -> None:
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    before = {"name_ja": pipeline.name_ja, "name_en": pipeline.name_en}
    after = {"name_ja": clean_text(name_ja).strip(), "name_en": clean_text(name_en).strip()}
    if before != after:
        pipeline.name_ja, pipeline.name_en = after["name_ja"], after["name_en"]
        pipeline.save()
        events.record(
            StageEvent.PIPELINE_EDITED, pipeline, by=by, before=before, after=after,
            name_ja=pipeline.name_ja, name_en=pipeline.name_en,
        )  # fmt: skip


@transaction.atomic
def give_to_teams(pipeline: Pipeline, teams: Iterable[Team], *, by: User) -> None:
    """New deals of exactly these teams, and of those below them that have none of their own, begin in the pipeline."""
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    wanted = {team.pk for team in teams}
    given = set(TeamPipeline.objects.filter(pipeline=pipeline).values_list("team", flat=True))
    if wanted == given:
        return
    TeamPipeline.objects.filter(pipeline=pipeline, team__in=given - wanted).delete()
    for team in sorted(wanted - given):
        TeamPipeline.objects.update_or_create(team_id=team, defaults={"pipeline": pipeline})
    events.record(
        StageEvent.PIPELINE_GIVEN, pipeline, by=by, name_ja=pipeline.name_ja, name_en=pipeline.name_en,
        before={"teams": sorted(given)}, after={"teams": sorted(wanted)},
    )  # fmt: skip
