"""Every night the figures added up ahead are compared with the rows they stand for. They never differ; if they do, we say so."""

from __future__ import annotations

from datetime import date

import structlog
from django.urls import reverse
from django.utils.translation import gettext_noop

from pipeline import rollups
from staff import notices, roles
from staff.models import User

log = structlog.get_logger(__name__)
MOST_NAMED = 20


def compare(today: date) -> int:
    """Mends what differs and tells administrators; returns how many sums were wrong."""
    found = rollups.differences()
    if not found and not rollups.totals_differ():
        return 0
    log.error("figures differ from their rows", count=len(found), first=[str(d) for d in found[:MOST_NAMED]])
    rollups.repair()
    rollups.fold()
    administrators = [user for user in User.objects.people() if roles.can(user, "administer")]
    notices.tell(
        administrators,
        topic=f"figures differ {today}",
        kind="figures.differ",
        text=gettext_noop(
            "%(count)s sums on the dashboards were not what the records say; they have been mended"
        ),
        url=reverse("pipeline:list"),
        count=len(found),
    )
    return len(found)
