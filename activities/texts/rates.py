"""How often each version was used, and how the deals ended for which it was."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from activities.models import Activity
from activities.texts.models import TextUse
from pipeline.models import Deal, Stage
from pipeline.outcomes import Tally
from staff.models import User


@dataclass(frozen=True)
class Rate:
    """Of one version: how often it was used, for how many deals, and how the decided ones of these ended."""

    uses: int = 0
    deals: int = 0
    tally: Tally = Tally()


def by_version(user: User) -> dict[int, Rate]:
    """Version id → its rate, of what the person may see, in one statement. A deal counts once a version."""
    seen = Q(activity__deal__in=Deal.objects.visible_to(user))
    ended = Q(activity__deal__closed_at__isnull=False) & seen
    deals = Count("activity__deal", distinct=True, filter=seen)
    rows = TextUse.objects.filter(activity__in=Activity.objects.visible_to(user)).values("version")
    found = rows.order_by().annotate(
        uses=Count("pk"),
        deals=deals,
        won=_closed(ended, Stage.Kind.WON),
        lost=_closed(ended, Stage.Kind.LOST),
    )
    return {row["version"]: Rate(row["uses"], row["deals"], Tally(row["won"], row["lost"])) for row in found}


def _closed(ended: Q, kind: str) -> Count:
    return Count("activity__deal", distinct=True, filter=ended & Q(activity__deal__stage__kind=kind))
