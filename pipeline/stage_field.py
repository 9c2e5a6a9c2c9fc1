"""Choosing a stage where several pipelines have ones of the same name."""

from __future__ import annotations

from typing import Any

from django import forms

from pipeline.models import Stage


def named(stage: Stage) -> str:
    """The stage's name; with that of its pipeline where it is not the usual one."""
    return str(stage) if stage.pipeline.is_default else f"{stage.pipeline}・{stage}"


class StageField(forms.ModelChoiceField):
    """A stage in use, the usual pipeline's first; those of others are named with theirs."""

    def __init__(self, *kinds: str, **options: Any) -> None:
        rows = Stage.objects.exclude(kind=Stage.Kind.GONE).select_related("pipeline")
        if kinds:
            rows = rows.filter(kind__in=kinds)
        super().__init__(rows.order_by("-pipeline__is_default", "pipeline", "position"), **options)

    def label_from_instance(self, stage: Any) -> str:
        return named(stage)
