"""The way of a deal: the stages of its pipeline in their order, and what each asks before it is left."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Q, Subquery
from django.db.models.functions import Coalesce, Length

from crm.lib import prepared
from pipeline.models import ExitCriterion, Pipeline, Stage, StallRule, TeamPipeline

if TYPE_CHECKING:
    from pipeline.models import Deal
    from staff.models import Team


@dataclass(frozen=True)
class Way:
    """Read in one statement; all its questions are answered without another."""

    stages: list[Stage]
    criteria: list[ExitCriterion]
    # As JSON, one text a stage: of those who ask for the stages, few ask for these.
    rules_read: list[str] = field(default_factory=list)

    @classmethod
    def of_deal(cls, deal: Deal) -> Way:
        return cls._read("SELECT pipeline_id FROM pipeline_stage WHERE id = %s", [deal.stage_id])

    @classmethod
    def of_pipeline(cls, pipeline_id: int) -> Way:
        return cls._read("SELECT id FROM pipeline_pipeline WHERE id = %s", [pipeline_id])

    @classmethod
    def of_team(cls, team: Team) -> Way:
        """Of the pipeline that new deals of the team enter: its own, that of the nearest team above, the default one."""
        return cls._read(*pipeline_of_team(team))

    @classmethod
    def _read(cls, which: str, params: list[Any]) -> Way:
        """By hand and planned once: nearly every page and change asks it, and to build it by the ORM took longer than to run it."""
        way = cls([], [], [])
        for stage, criteria, rules in prepared.rows(_WAY.format(which=which), params):
            way.stages.append(Stage(**json.loads(stage)))
            way.criteria.extend(ExitCriterion.of_row(row) for row in json.loads(criteria))
            way.rules_read.append(rules)
        return way

    @cached_property
    def stall_rules(self) -> list[StallRule]:
        return [StallRule(**row) for rules in self.rules_read for row in json.loads(rules)]

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


_WAY = """
    SELECT to_json(s)::text,
           (SELECT coalesce(json_agg(c ORDER BY c.position, c.id), '[]')::text FROM pipeline_exitcriterion c WHERE c.stage_id = s.id),
           (SELECT coalesce(json_agg(r ORDER BY r.id), '[]')::text FROM pipeline_stallrule r WHERE r.stage_id = s.id AND r.is_active)
    FROM pipeline_stage s WHERE s.pipeline_id = ({which}) ORDER BY s.position
"""
_OF_TEAM = """
    SELECT coalesce(
        (SELECT o.pipeline_id FROM pipeline_teampipeline o JOIN staff_team t ON t.id = o.team_id
         WHERE o.team_id = ANY (%s) ORDER BY length(t.path) DESC LIMIT 1),
        (SELECT p.id FROM pipeline_pipeline p WHERE p.is_default))
"""


def pipeline_of_team(team: Team) -> tuple[str, list[Any]]:
    """The same pipeline for statements by hand: the text that gives its id, and the values in it."""
    return _OF_TEAM, [_line(team)]


def of_team(team: Team) -> Q:
    """Stages of the pipeline in which the team begins its deals."""
    own = TeamPipeline.objects.filter(team__in=_line(team)).order_by(Length("team__path").desc())
    default = Pipeline.objects.filter(is_default=True)
    return Q(pipeline=Coalesce(Subquery(own.values("pipeline")[:1]), Subquery(default.values("pk")[:1])))


def _line(team: Team) -> list[int]:
    """The team with those above it."""
    return [int(pk) for pk in team.path.strip("/").split("/")]
