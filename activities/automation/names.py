"""How rows that sentences name by id are called: each table is read once for any number of sentences."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from accounts.models import Channel
from activities.texts.models import TextTemplate
from pipeline.models import Stage
from staff.models import CustomField, Team, User


class Names:
    @cached_property
    def stage(self) -> dict[str, Any]:
        return {str(row.pk): row for row in Stage.objects.order_by("pk")}

    @cached_property
    def channel(self) -> dict[str, Any]:
        return {str(row.pk): row for row in Channel.objects.order_by("pk")}

    @cached_property
    def team(self) -> dict[str, Any]:
        return {str(row.pk): row for row in Team.objects.order_by("pk")}

    @cached_property
    def person(self) -> dict[str, Any]:
        return {str(row.pk): row for row in User.objects.order_by("pk")}

    @cached_property
    def text(self) -> dict[str, Any]:
        return {str(row.pk): row for row in TextTemplate.objects.order_by("pk")}

    @cached_property
    def own(self) -> dict[str, CustomField]:
        """Fields of the company's own, the retired ones too."""
        return {str(row.pk): row for row in CustomField.objects.order_by("position", "pk")}

    def own_field(self, key: str) -> CustomField | None:
        """The field of that key, retired or not; None for a key of the product's own, or of nothing."""
        pk = CustomField.pk_of(key)
        return self.own.get(str(pk)) if pk else None

    def of(self, kind: str, pk: Any) -> str:
        """The name in the current language; a dash for what is gone."""
        return str(getattr(self, kind).get(str(pk), "—"))
