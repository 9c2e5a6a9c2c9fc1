from __future__ import annotations

import pghistory
from django.db import models

from accounts.models.company import BelowCompany, Company
from staff.files import KeptFile
from staff.models import User
from staff.searchable import gram_index


class CompanyFileQuerySet(BelowCompany):
    def for_search(self, user: User) -> CompanyFileQuerySet:
        """What the person may find."""
        rows = self.filter(deleted_at=None, company__merged_into=None, company__deleted_at=None)
        return rows.visible_to(user)  # type: ignore[return-value]


@pghistory.track(exclude=["search_text", "search_grams"])
class CompanyFile(KeptFile):
    """A file or a link that belongs to a company, seen by whoever sees the company."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="files")
    content = models.FileField(upload_to="companies/%Y/%m/", max_length=200, blank=True)

    objects = CompanyFileQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at", "-pk"]
        indexes = [gram_index("company_file_grams")]
