from __future__ import annotations

from datetime import date

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models.company import BelowCompany, Company, Division, Site
from crm.lib import kana, names, paths, readings
from staff.models import User
from staff.searchable import Searchable, gram_index

# What is long and belongs to the places of a person, not to their row in a list.
_UNSHOWN = [
    f"{place}__{name}"
    for place in ("company", "division", "site")
    for name in ("search_text", "search_grams")
]


class ContactQuerySet(BelowCompany):
    def active(self) -> ContactQuerySet:
        """Neither merged into another nor in the bin."""
        return self.filter(merged_into=None, deleted_at=None)

    def listed(self, user: User) -> ContactQuerySet:
        """What the person may see, without those whose company is in the bin."""
        return self.active().filter(company__deleted_at=None).visible_to(user)  # type: ignore[return-value]

    def for_rows(self) -> ContactQuerySet:
        """With all that a list row shows."""
        rows = self.select_related("company", "division", "site")
        return rows.defer("search_text", "search_grams", "notes", *_UNSHOWN)

    def for_search(self, user: User) -> ContactQuerySet:
        """What the person may find, with the company that a hit shows."""
        return self.listed(user).select_related("company").defer("search_grams", "notes")


class DecisionRole(models.TextChoices):
    DECIDES = "decides", _("decides")
    DRIVES = "drives", _("drives it")
    USES = "uses", _("uses it")
    BUYS = "buys", _("buys")


@pghistory.track(exclude=["search_text", "search_grams", "sort_key"])
class Contact(Searchable):
    """担当者: a person at a customer, at any level of the company."""

    Role = DecisionRole

    # Links without an index of their own are found by those below.
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="contacts", verbose_name=_("company"), db_index=False
    )
    division = models.ForeignKey(
        Division,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("division"),
        db_index=False,
    )
    site = models.ForeignKey(
        Site,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("site"),
        db_index=False,
    )
    family_name = models.CharField(_("family name"), max_length=40)
    given_name = models.CharField(_("given name"), max_length=40, blank=True)
    family_kana = models.CharField(_("family name (kana)"), max_length=40, blank=True)
    given_kana = models.CharField(_("given name (kana)"), max_length=40, blank=True)
    person_key = models.CharField(max_length=80, editable=False)
    # By which people are listed: how the name is read, where somebody said it or it is usual.
    sort_key = models.CharField(max_length=120, editable=False, default="")
    department = models.CharField(_("department"), max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=80, blank=True)
    decision_role = models.CharField(
        _("role in decisions"), max_length=8, choices=DecisionRole.choices, blank=True
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    mobile = models.CharField(_("mobile"), max_length=20, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    # Since when the position above holds, and from which day the person works there no longer.
    since_on = models.DateField(_("since"), null=True, blank=True, editable=False)
    left_on = models.DateField(_("left on"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="absorbed", db_index=False
    )
    deleted_at = models.DateTimeField(null=True, editable=False)
    last_activity_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        indexes = [
            gram_index("contact_grams", comes_in_bulk=True),
            models.Index(fields=["person_key"], name="contact_by_key"),
            models.Index(fields=["sort_key", "id"], name="contact_by_name"),
            models.Index(fields=["last_activity_at", "id"], name="contact_by_last_contact"),
            models.Index(
                fields=["division"], name="contact_of_division", condition=Q(division__isnull=False)
            ),
            models.Index(fields=["site"], name="contact_of_site", condition=Q(site__isnull=False)),
            models.Index(
                fields=["merged_into"], name="contact_absorbed", condition=Q(merged_into__isnull=False)
            ),
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
    def work(self) -> str:
        """Division, site, department and title in one line."""
        return _in_one_line(self)

    @property
    def reached_at(self) -> str:
        """The number to call first: the one in the pocket."""
        return self.mobile or self.phone

    def search_words(self) -> list[str]:
        family_kana = self.family_kana or readings.of_family(self.family_name)
        return [
            f"{self.family_name}{self.given_name}",
            f"{family_kana}{self.given_kana}",
            kana.romaji(f"{family_kana} {self.given_kana}"),
            kana.romaji(self.given_kana) + kana.romaji(family_kana) if self.given_kana else "",
            self.email,
            self.phone and "0" + self.phone.removeprefix("+81"),
            self.mobile and "0" + self.mobile.removeprefix("+81"),
        ]

    def has_left(self, today: date) -> bool:
        """Whether the person works there no longer, and nobody knows where instead."""
        return self.left_on is not None and self.left_on <= today

    def get_absolute_url(self) -> str:
        return paths.of("accounts:contact", self.pk)


def _in_one_line(work: Contact | Position) -> str:
    return " ".join(str(part) for part in (work.division, work.site, work.department, work.title) if part)


@pghistory.track()
class Position(models.Model):
    """Where a person worked, as what, from when until when. The one that holds stands on the contact itself as well.

    `until_on` is the first day on which it does not hold any more. `accounts.positions` writes both.
    """

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="positions")
    company = models.ForeignKey(Company, models.PROTECT, related_name="positions")
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="positions", db_index=False
    )
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, related_name="positions", db_index=False
    )
    department = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=80, blank=True)
    decision_role = models.CharField(max_length=8, choices=DecisionRole.choices, blank=True)
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    # Known already, and not yet in force.
    is_planned = models.BooleanField(default=False)
    # 兼務: held besides the one that stands on the contact.
    is_additional = models.BooleanField(default=False)
    # Who took over what the person did there.
    successor = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="succeeds", db_index=False
    )

    objects = BelowCompany.as_manager()

    class Meta:
        ordering = [models.F("from_on").desc(nulls_last=True), "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(from_on=None) | Q(until_on=None) | Q(from_on__lte=models.F("until_on")),
                name="position_begins_before_it_ends",
            )
        ]
        indexes = [
            models.Index(fields=["from_on"], name="position_planned", condition=Q(is_planned=True)),
            models.Index(
                fields=["division"], name="position_of_division", condition=Q(division__isnull=False)
            ),
            models.Index(fields=["site"], name="position_of_site", condition=Q(site__isnull=False)),
            models.Index(fields=["successor"], name="position_of_heir", condition=Q(successor__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} at {self.company_id}"

    @property
    def work(self) -> str:
        """Division, site, department and title in one line."""
        return _in_one_line(self)
