"""`manage.py index_search`: writes the search rows of all records again."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import Company, CompanyFile, Contact, Division, Site
from activities.models import Activity
from leads.models import Lead
from pipeline.models import Deal, DealFile
from staff import bulk

BATCH = 2000


class Command(BaseCommand):
    help = "Writes what records are found by again, in batches: after an upgrade that changes it."

    def handle(self, *args: Any, **options: Any) -> None:
        models: list[Any] = [Company, Contact, Division, Site, CompanyFile, Deal, DealFile, Lead, Activity]
        for model in models:
            last = count = 0
            while True:
                with transaction.atomic():
                    rows = list(model.objects.filter(pk__gt=last).order_by("pk")[:BATCH])
                    for row in rows:
                        row.prepare_search()
                    bulk.change(rows, ["search_text", "search_grams"])
                if not rows:
                    break
                last, count = rows[-1].pk, count + len(rows)
            self.stdout.write(f"{model._meta.label}: {count:,}")
