from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models.company import BelowCompany, Company, Division, Site
from crm.lib import names, paths
from staff.models import User
from staff.searchable import Searchable, gram_index


class ContactQuerySet(BelowCompany):
    def active(self) -> ContactQuerySet:
        """Neither merged into another nor in the bin."""
        return self.filter(merged_into=None, deleted_at=None)

    def for_search(self, user: User) -> ContactQuerySet:
        """What the person may find, with the company that a hit shows."""
        rows = self.active().filter(company__deleted_at=None).visible_to(user)
        return rows.select_related("company").defer("search_grams", "notes")  # type: ignore[return-value]


class DecisionRole(models.TextChoices):
    DECIDES = "decides", _("decides")
    DRIVES = "drives", _("drives it")
    USES = "uses", _("uses it")
    BUYS = "buys", _("buys")


@pghistory.track(exclude=["search_text", "search_grams"])
class Contact(Searchable):
    """担当者: a person at a customer, at any level of the company."""

    Role = DecisionRole

    company = models.ForeignKey(Company, models.PROTECT, related_name="contacts", verbose_name=_("company"))
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name=_("division")
    )
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name=_("site")
    )
    family_name = models.CharField(_("family name"), max_length=40)
    given_name = models.CharField(_("given name"), max_length=40, blank=True)
    family_kana = models.CharField(_("family name (kana)"), max_length=40, blank=True)
    given_kana = models.CharField(_("given name (kana)"), max_length=40, blank=True)
    person_key = models.CharField(max_length=80, db_index=True, editable=False)
    department = models.CharField(_("department"), max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=80, blank=True)
    decision_role = models.CharField(
        _("role in decisions"), max_length=8, choices=DecisionRole.choices, blank=True
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    mobile = models.CharField(_("mobile"), max_length=20, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")
    deleted_at = models.DateTimeField(null=True, editable=False)
    last_activity_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        indexes = [
            gram_index("contact_grams"),
            models.Index(fields=["company", "family_kana", "id"], name="contact_of_company"),
            models.Index(fields=["email"], name="contact_by_email", condition=~Q(email="")),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """In the order of the reader's language."""
        return names.full_person(self.family_name, self.given_name, get_language() or "ja")

    @property
    def search_title(self) -> str:
        return f"{self.full_name} {self.title}".strip()

    @property
    def search_sub(self) -> str:
        return self.company.short_name

    def search_words(self) -> list[str]:
        return [
            f"{self.family_name}{self.given_name}",
            f"{self.family_kana}{self.given_kana}",
            self.email,
            self.phone and "0" + self.phone.removeprefix("+81"),
            self.mobile and "0" + self.mobile.removeprefix("+81"),
        ]

    def get_absolute_url(self) -> str:
        return paths.of("accounts:contact", self.pk)
