"""What is stored of names in the form in which they are compared, after an update that compares them in another form."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts import companies, contacts, matching
from accounts.company_events import MatchEvent
from accounts.matching_keys import MAKER
from accounts.models import Company, CompanyName, Contact, MatchScan
from crm.lib import names
from staff import bulk, events
from staff.models import User


def renew(held: Sequence[Company]) -> None:
    """Keys of the companies, of their other names and of their people, as the product of today makes them."""
    ids = [company.pk for company in held]
    stale = [c.pk for c in held if c.name_key != names.company_key(c.name)[:200]]
    if stale:
        companies.recompute(list(Company.objects.select_for_update().filter(pk__in=stale).order_by("pk")))
    other = []
    for name in CompanyName.objects.filter(company__in=ids):
        key = names.company_key(name.name)[:200]
        if key != name.name_key:
            name.name_key = key
            other.append(name)
    bulk.change(other, ["name_key"])
    people = Contact.objects.filter(company__in=ids).only("family_name", "given_name", "person_key")
    moved = [p.pk for p in people if p.person_key != names.person_key(p.family_name, p.given_name)[:80]]
    if moved:
        contacts.recompute(list(Contact.objects.select_for_update().filter(pk__in=moved).order_by("pk")))
    matching.renew_company_keys(held)


@transaction.atomic
def follow_update() -> int:
    """1 where an update has brought another maker of keys: then all companies are looked at again, slice by slice.

    A scan that runs with keys of before begins anew. What is empty, or has been looked at by this maker, is left alone.
    """
    if MatchScan.objects.filter(maker__gte=MAKER).exists():
        return 0
    by = User.objects.system()
    running = MatchScan.objects.select_for_update().filter(finished_at=None).first()
    if running:
        running.maker, running.last_company_id, running.done_count = MAKER, 0, 0
        running.save(update_fields=["maker", "last_company_id", "done_count"])
        return 1
    count = Company.objects.active().count()
    scan = MatchScan.objects.create(
        started_by=by, company_count=count, maker=MAKER, finished_at=None if count else timezone.now()
    )
    if count:
        events.record(MatchEvent.SCAN_ASKED, scan, by=by, companies=count)
    return 1
