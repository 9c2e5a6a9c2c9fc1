"""Choosing a stage where several pipelines have ones of the same name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from crm.lib.text import dot
from pipeline.models import Stage


def named(stage: Stage) -> str:
    """The stage's name; with that of its pipeline where it is not the usual one."""
    return str(stage) if stage.pipeline.is_default else f"{stage.pipeline}{dot()}{stage}"


def in_use(*kinds: str) -> QuerySet[Stage]:
    """Stages (of these kinds), the usual pipeline's first."""
    rows = Stage.objects.exclude(kind=Stage.Kind.GONE).select_related("pipeline")
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return rows.order_by("-pipeline__is_default", "pipeline", "position")


class StageField(forms.ModelChoiceField):
    """A stage in use; those of further pipelines are named with theirs."""

    def __init__(self, *kinds: str, **options: Any) -> None:
        super().__init__(in_use(*kinds), **options)

    def label_from_instance(self, stage: Any) -> str:
        return named(stage)
