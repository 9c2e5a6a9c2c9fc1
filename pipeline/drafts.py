"""The method as it is going to be: administrators change a draft, nothing holds before it is published.

A draft is a document: stages in their order, each with its criteria. A `key` is the id of a row that exists, or "n1", "n2"
of one that does not yet.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.lib.text import clean_text
from pipeline.deal_events import StageEvent
from pipeline.models import ExitCriterion, MethodDraft, Pipeline, Stage
from pipeline.models.criteria import RULE
from pipeline.way import Way
from staff import events, versions
from staff.models import User

STAGE_FIELDS = ("name_ja", "name_en", "probability", "patience_days")
CRITERION_FIELDS = ("name_ja", "name_en", "question_ja", "question_en", *RULE)
Content = dict[str, Any]


class NotThere(LookupError):
    """The draft has no such stage or criterion: somebody took it out meanwhile."""


@dataclass(frozen=True)
class Change:
    """One thing that the draft does: what ("stage" or "criterion"), how, where, and of edits each field's (before, after)."""

    what: str
    how: str
    stage: str
    key: str
    name_ja: str
    name_en: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """What administrators see: the content with its changes; without a draft, the method in force and no changes."""

    pipeline: Pipeline
    content: Content
    base: Content
    row: MethodDraft | None = None
    # All there are, where a page shows them.
    pipelines: list[Pipeline] = field(default_factory=list)

    @property
    def changes(self) -> list[Change]:
        return list(differences(self.base, self.content))

    @property
    def version(self) -> int:
        return self.row.version if self.row else 0

    def stage(self, key: str) -> dict[str, Any]:
        return find(self.content, key)

    def is_new(self, key: str) -> bool:
        return not key.isdigit()


def read(pipeline: Pipeline) -> Draft:
    """The draft of the pipeline, or the method in force."""
    row = MethodDraft.objects.select_related("begun_by", "changed_by").filter(pipeline=pipeline).first()
    return of_row(pipeline, row)


def all_pipelines() -> list[Pipeline]:
    """Every pipeline with its draft, the default one first."""
    rows = Pipeline.objects.select_related("draft__begun_by", "draft__changed_by")
    return list(rows.order_by("-is_default", "pk"))


def of_row(pipeline: Pipeline, row: MethodDraft | None) -> Draft:
    if row:
        return Draft(pipeline, row.content, row.base, row)
    content = in_force(pipeline)
    return Draft(pipeline, content, content)


def in_force(pipeline: Pipeline) -> Content:
    """The method that holds now, as a document."""
    way = Way.of_pipeline(pipeline.pk)
    return {
        "stages": [
            {
                "key": str(stage.pk),
                **{name: getattr(stage, name) for name in STAGE_FIELDS},
                "criteria": [as_document(c) for c in way.criteria_of(stage) if not c.retired_at],
            }
            for stage in way.stages
            if stage.is_open
        ]
    }


def as_document(criterion: ExitCriterion) -> dict[str, Any]:
    texts = {name: getattr(criterion, name) for name in ("name_ja", "name_en", "question_ja", "question_en")}
    return {"key": str(criterion.pk), **texts, **criterion.rule}


def find(content: Content, key: str) -> dict[str, Any]:
    """The stage with the key. Raises NotThere."""
    return _of_key(content["stages"], key)


def criteria_of(stage: dict[str, Any]) -> list[ExitCriterion]:
    """The stage's criteria as the draft has them: rows that may not be saved."""
    return [criterion_of(stage, document) for document in stage["criteria"]]


def criterion_of(stage: dict[str, Any], document: dict[str, Any]) -> ExitCriterion:
    values = {name: document[name] for name in CRITERION_FIELDS}
    if values["threshold"] is not None:
        values["threshold"] = Decimal(values["threshold"])
    key = document["key"]
    return ExitCriterion(
        pk=int(key) if key.isdigit() else None,
        **({"stage_id": int(stage["key"])} if stage["key"].isdigit() else {}),
        **values,
    )


# Changing it --------------------------------------------------------------------------------------


def edit_stage(
    pipeline: Pipeline, key: str, changes: dict[str, Any], base: dict[str, Any], *, by: User
) -> Draft:
    """Sets fields that the person changed against what they saw. Raises versions.Conflict."""
    _only(STAGE_FIELDS, changes)
    return _change(pipeline, lambda content: _merge(find(content, key), changes, base), by=by)


def add_stage(pipeline: Pipeline, values: dict[str, Any], *, by: User) -> tuple[Draft, str]:
    """A new last stage without criteria. Returns the draft and the stage's key."""
    _only(STAGE_FIELDS, values)
    made: dict[str, Any] = {}

    def add(content: Content) -> None:
        made.update(key=_new_key(content), **_plain(values), criteria=[])
        content["stages"].append(made)

    return _change(pipeline, add, by=by), made["key"]


def place_stage(pipeline: Pipeline, key: str, step: int, *, by: User) -> Draft:
    """Earlier (-1) or later (+1) in the order."""
    return _change(pipeline, lambda content: _shift(content["stages"], key, step), by=by)


def remove_stage(pipeline: Pipeline, key: str, *, by: User) -> Draft:
    """Takes the stage out; a draft that leaves no stage is refused when it is published."""
    return _change(pipeline, lambda content: content["stages"].remove(find(content, key)), by=by)


def edit_criterion(
    pipeline: Pipeline, stage: str, key: str, changes: dict[str, Any], base: dict[str, Any], *, by: User
) -> Draft:
    """Sets fields that the person changed against what they saw. Raises versions.Conflict."""
    _only(CRITERION_FIELDS, changes)
    return _change(
        pipeline, lambda content: _merge(_of_key(find(content, stage)["criteria"], key), changes, base), by=by
    )


def add_criterion(pipeline: Pipeline, stage: str, values: dict[str, Any], *, by: User) -> tuple[Draft, str]:
    """A new last criterion of the stage. Returns the draft and the criterion's key."""
    _only(CRITERION_FIELDS, values)
    made: dict[str, Any] = {}

    def add(content: Content) -> None:
        made.update(key=_new_key(content), **_plain(values))
        find(content, stage)["criteria"].append(made)

    return _change(pipeline, add, by=by), made["key"]


def place_criterion(pipeline: Pipeline, stage: str, key: str, step: int, *, by: User) -> Draft:
    return _change(pipeline, lambda content: _shift(find(content, stage)["criteria"], key, step), by=by)


def remove_criterion(pipeline: Pipeline, stage: str, key: str, *, by: User) -> Draft:
    def remove(content: Content) -> None:
        criteria = find(content, stage)["criteria"]
        criteria.remove(_of_key(criteria, key))

    return _change(pipeline, remove, by=by)


@transaction.atomic
def discard(pipeline: Pipeline, *, by: User) -> None:
    """Throws the draft away; what is in force stays."""
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    draft = MethodDraft.objects.filter(pipeline=pipeline).first()
    if draft is None:
        return
    changes = len(list(differences(draft.base, draft.content)))
    draft.delete()
    events.record(
        StageEvent.DRAFT_DISCARDED, pipeline, by=by, name_ja=pipeline.name_ja, name_en=pipeline.name_en,
        changes=changes,
    )  # fmt: skip


@transaction.atomic
def _change(pipeline: Pipeline, do: Callable[[Content], None], *, by: User) -> Draft:
    """Does it to the locked draft, begun if there is none; a draft that changes nothing any more is gone."""
    # The pipeline is locked, not the draft: two people may begin it at once.
    pipeline = Pipeline.objects.select_for_update().get(pk=pipeline.pk)
    before = read(pipeline)
    content = copy.deepcopy(before.content)
    do(content)
    if content == before.content:
        return before
    if content == before.base:
        MethodDraft.objects.filter(pipeline=pipeline).delete()
        return Draft(pipeline, content, content)
    now = timezone.now()
    row = before.row or MethodDraft(pipeline=pipeline, base=before.base, begun_by=by, begun_at=now, version=0)
    row.content, row.changed_by, row.changed_at, row.version = content, by, now, row.version + 1
    row.save()
    return Draft(pipeline, content, row.base, row)


def _merge(document: dict[str, Any], changes: dict[str, Any], base: dict[str, Any]) -> None:
    """As `versions.merge` does with rows: only what the person changed, and never over another's change."""
    changes, base = _plain(changes), _plain(base)
    mine = {name: value for name, value in changes.items() if name not in base or base[name] != value}
    clashes = {
        name: (value, document[name])
        for name, value in mine.items()
        if name in base and document[name] not in (base[name], value)
    }
    if clashes:
        raise versions.Conflict(None, clashes)
    document.update(mine)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps them."""
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return clean_text(value).strip() if isinstance(value, str) else value


def _shift(rows: list[dict[str, Any]], key: str, step: int) -> None:
    row = _of_key(rows, key)
    place = rows.index(row)
    rows.remove(row)
    rows.insert(max(0, place + step), row)


def _of_key(rows: list[dict[str, Any]], key: str) -> dict[str, Any]:
    for row in rows:
        if row["key"] == key:
            return row
    raise NotThere(key)


def _new_key(content: Content) -> str:
    content["last"] = content.get("last", 0) + 1
    return f"n{content['last']}"


def _only(fields: tuple[str, ...], changes: dict[str, Any]) -> None:
    unknown = set(changes) - set(fields)
    if unknown:
        raise ValueError(f"not edited here: {sorted(unknown)}")


# What it changes ------------------------------------------------------------------------------------


def differences(base: Content, content: Content) -> Iterator[Change]:
    """What the content does to the base, stage by stage."""
    before, after = ({s["key"]: s for s in one["stages"]} for one in (base, content))
    kept = [key for key in after if key in before]
    moved = kept != [key for key in before if key in after]
    for key, stage in after.items():
        if key not in before:
            yield _change_of("stage", "added", stage, stage)
        else:
            fields = _edits(STAGE_FIELDS, before[key], stage)
            if fields:
                yield _change_of("stage", "edited", stage, stage, fields)
        yield from _of_criteria(stage, before.get(key, {"criteria": []})["criteria"])
    for key, stage in before.items():
        if key not in after:
            yield _change_of("stage", "removed", stage, stage)
    if moved:
        yield Change("stage", "ordered", "", "", "", "")


def _of_criteria(stage: dict[str, Any], base: list[dict[str, Any]]) -> Iterator[Change]:
    before, after = {c["key"]: c for c in base}, {c["key"]: c for c in stage["criteria"]}
    for key, criterion in after.items():
        if key not in before:
            yield _change_of("criterion", "added", stage, criterion)
            continue
        fields = _edits(CRITERION_FIELDS, before[key], criterion)
        if fields:
            yield _change_of("criterion", "edited", stage, criterion, fields)
    for key, criterion in before.items():
        if key not in after:
            yield _change_of("criterion", "removed", stage, criterion)
    if [k for k in after if k in before] != [k for k in before if k in after]:
        yield Change("criterion", "ordered", stage["key"], "", stage["name_ja"], stage["name_en"])


def _change_of(
    what: str, how: str, stage: dict[str, Any], row: dict[str, Any], fields: dict[str, Any] | None = None
) -> Change:
    return Change(what, how, stage["key"], row["key"], row["name_ja"], row["name_en"], fields or {})


def _edits(names: tuple[str, ...], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: (before[name], after[name]) for name in names if before[name] != after[name]}


def stages_of(pipeline: Pipeline) -> dict[str, Stage]:
    """The rows behind the keys."""
    return {str(s.pk): s for s in Stage.objects.filter(pipeline=pipeline, kind=Stage.Kind.OPEN)}
