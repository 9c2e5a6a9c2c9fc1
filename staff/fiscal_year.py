"""When the company's fiscal year begins. Targets, quarters and forecasts follow at once: nothing is stored by quarter."""

from __future__ import annotations

from django.db import transaction

from staff import events, versions
from staff.models import CompanyProfile, User


class ProfileEvent:
    FISCAL_START = "profile.fiscal_start_changed"


@transaction.atomic
def change_start(month: int, *, seen: int, by: User) -> CompanyProfile:
    """Another first month of the fiscal year. Raises versions.Stale when somebody changed the profile since `seen`."""
    profile = CompanyProfile.objects.select_for_update().get(pk=1)
    versions.require(profile, seen)
    if not 1 <= month <= 12:
        raise ValueError("a year has twelve months")
    before = profile.fiscal_start_month
    if month == before:
        return profile
    profile.fiscal_start_month = month
    profile.version += 1
    profile.save(update_fields=["fiscal_start_month", "version"])
    events.record(ProfileEvent.FISCAL_START, profile, by=by, before={"month": before}, after={"month": month})
    return profile
