"""The way of a deal: the stages of its pipeline in their order, and what each asks before it is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject, Length

from pipeline.models import ExitCriterion, Pipeline, Stage, StallRule, TeamPipeline

if TYPE_CHECKING:
    from pipeline.models import Deal
    from staff.models import Team


@dataclass(frozen=True)
class Way:
    """Read in one statement; all its questions are answered without another."""

    stages: list[Stage]
    criteria: list[ExitCriterion]
    stall_rules: list[StallRule] = field(default_factory=list)

    @classmethod
    def of_deal(cls, deal: Deal) -> Way:
        return cls._read(Q(pipeline__stages=deal.stage_id))

    @classmethod
    def of_pipeline(cls, pipeline_id: int) -> Way:
        return cls._read(Q(pipeline=pipeline_id))

    @classmethod
    def of_team(cls, team: Team) -> Way:
        """Of the pipeline that new deals of the team enter: its own, that of the nearest team above, the default one."""
        return cls._read(of_team(team))

    @classmethod
    def _read(cls, which: Q) -> Way:
        criteria = ExitCriterion.objects.filter(stage=OuterRef("pk")).order_by("position", "pk")
        rules = StallRule.objects.filter(stage=OuterRef("pk"), is_active=True).order_by("pk")
        stages = list(
            Stage.objects.filter(which)
            .annotate(
                criteria=ArraySubquery(criteria.values(json=_columns(ExitCriterion))),
                rules=ArraySubquery(rules.values(json=_columns(StallRule))),
            )
            .order_by("position")
        )
        return cls(
            list(stages),
            [ExitCriterion.of_row(row) for stage in stages for row in stage.criteria],
            [StallRule(**row) for stage in stages for row in stage.rules],
        )

    def stage(self, pk: int) -> Stage:
        return next(stage for stage in self.stages if stage.pk == pk)

    @property
    def current(self) -> list[Stage]:
        """Without those that were given up."""
        return [stage for stage in self.stages if stage.kind != Stage.Kind.GONE]

    @property
    def first(self) -> Stage:
        return next(stage for stage in self.stages if stage.is_open)

    @property
    def lost(self) -> Stage:
        return next(stage for stage in self.stages if stage.kind == Stage.Kind.LOST)

    def criteria_of(self, stage: Stage) -> list[ExitCriterion]:
        return [criterion for criterion in self.criteria if criterion.stage_id == stage.pk]

    def stall_rules_of(self, stage: Stage) -> list[StallRule]:
        return [rule for rule in self.stall_rules if rule.stage_id == stage.pk]

    def open_until(self, stage: Stage) -> list[Stage]:
        """The open stages from the first up to this one."""
        return [s for s in self.stages if s.is_open and s.position <= stage.position]

    def left_between(self, start: Stage, to: Stage) -> list[Stage]:
        """The open stages that a deal leaves on the way forwards; empty for a loss and for going back."""
        if to.kind == Stage.Kind.LOST or to.pipeline_id != start.pipeline_id:
            return []
        return [s for s in self.stages if s.is_open and start.position <= s.position < to.position]


def of_team(team: Team) -> Q:
    """Stages of the pipeline in which the team begins its deals."""
    above = [int(pk) for pk in team.path.strip("/").split("/")]
    own = TeamPipeline.objects.filter(team__in=above).order_by(Length("team__path").desc())
    default = Pipeline.objects.filter(is_default=True)
    return Q(pipeline=Coalesce(Subquery(own.values("pipeline")[:1]), Subquery(default.values("pk")[:1])))


def _columns(model: type[Model]) -> JSONObject:
    return JSONObject(**{f.attname: f.attname for f in model._meta.concrete_fields})
