from __future__ import annotations

import pghistory
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.lib import kana, names, paths, readings
from staff import access, roles
from staff.models import Team, User
from staff.searchable import Searchable, gram_index
from staff.tracking import InsertsTogether


class CompanyQuerySet(models.QuerySet["Company"]):
    def visible_to(self, user: User) -> CompanyQuerySet:
        """Companies that are not restricted, and restricted ones that the person, or their team, was given."""
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        return self.exclude(pk__in=self.closed_ids(user))

    def closed_to(self, user: User) -> CompanyQuerySet:
        """Restricted companies that the person may not see."""
        return self.filter(pk__in=self.closed_ids(user))

    def closed_ids(self, user: User) -> RawSQL:
        """Their ids, to stand in `__in`. Few: a partial index finds them.

        By hand, since nearly every statement has it in itself, some of them five times: built by the ORM it took a
        tenth of a page.
        """
        return RawSQL(  # noqa: S611 - a constant, values apart
            "SELECT c.id FROM accounts_company c WHERE c.is_restricted AND c.owner_id IS DISTINCT FROM %s AND NOT EXISTS ("
            "SELECT FROM accounts_companyaccess g WHERE g.company_id = c.id AND (g.user_id = %s OR g.team_id = ANY (%s)))",
            [user.pk, user.pk, access.line_ids(user)],
        )

    def active(self) -> CompanyQuerySet:
        """Neither merged into another nor in the bin."""
        return self.filter(merged_into=None, deleted_at=None)

    def with_group(self, user: User) -> CompanyQuerySet:
        """With `group`: the parent and the subsidiaries that the person may see, in the same statement."""
        others = Company.objects.active().visible_to(user).exclude(pk=OuterRef("pk"))
        near = others.filter(Q(parent=OuterRef("pk")) | Q(pk=OuterRef("parent")))
        row = JSONObject(pk="pk", name="name", parent="parent_id")
        return self.annotate(group=ArraySubquery(near.order_by("sort_key", "pk").values(json=row)))

    def for_rows(self) -> CompanyQuerySet:
        """With all that a list row shows."""
        return self.select_related("owner").defer("search_text", "search_grams", "notes")

    def for_search(self, user: User) -> CompanyQuerySet:
        """What the person may find."""
        return self.active().visible_to(user).defer("search_grams", "notes")


@pghistory.track(
    InsertsTogether(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    exclude=["search_text", "search_grams"],
)
class Company(Searchable):
    """A customer or a possible one: the top of company → division → site → contact."""

    name = models.CharField(_("company name"), max_length=200)
    kana = models.CharField(_("kana"), max_length=200, blank=True)
    latin_name = models.CharField(_("name in Latin letters"), max_length=200, blank=True)
    # Normalised by crm.lib.names; what matching and sorting compare.
    name_key = models.CharField(max_length=200, editable=False)
    sort_key = models.CharField(max_length=200, editable=False, default="")
    corporate_number = models.CharField(_("corporate number"), max_length=13, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    domain = models.CharField(_("domain"), max_length=120, blank=True)
    industry = models.CharField(_("industry"), max_length=40, blank=True)
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=7, blank=True)
    prefecture = models.CharField(_("prefecture"), max_length=4, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    # The day from which name and address hold, where the source says so (the corporate-number register does).
    changed_on = models.DateField(_("name and address as of"), null=True, blank=True)
    # Links without an index of their own are found by those below.
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="companies",
        null=True,
        blank=True,
        verbose_name=_("owner"),
        db_index=False,
    )
    # The company that this one belongs to: a group is a tree of companies.
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="subsidiaries",
        verbose_name=_("parent company"),
        db_index=False,
    )
    is_restricted = models.BooleanField(_("restricted"), default=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="absorbed", db_index=False
    )
    deleted_at = models.DateTimeField(null=True, editable=False)
    last_activity_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        constraints = [
            models.UniqueConstraint(
                fields=["corporate_number"],
                condition=~Q(corporate_number="") & Q(merged_into=None, deleted_at=None),
                name="corporate_number_names_one_company",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="company_has_a_name"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="company_is_not_its_own_parent"),
        ]
        indexes = [
            gram_index("company_grams", comes_in_bulk=True),
            models.Index(fields=["name_key"], name="company_by_key"),
            models.Index(fields=["parent"], name="company_of_parent", condition=Q(parent__isnull=False)),
            models.Index(
                fields=["merged_into"], name="company_absorbed", condition=Q(merged_into__isnull=False)
            ),
            models.Index(fields=["sort_key", "id"], name="company_by_name"),
            models.Index(fields=["owner", "sort_key", "id"], name="company_of_owner"),
            models.Index(fields=["prefecture", "sort_key", "id"], name="company_of_prefecture"),
            models.Index(fields=["industry", "sort_key", "id"], name="company_of_industry"),
            models.Index(fields=["last_activity_at", "id"], name="company_by_last_contact"),
            models.Index(fields=["id"], name="company_restricted", condition=Q(is_restricted=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def short_name(self) -> str:
        """Without the legal form: as people say it, and as cards and lists show it."""
        return names.short_name(self.name)

    @property
    def address(self) -> str:
        return f"{self.prefecture}{self.city}{self.street}"

    @property
    def search_sub(self) -> str:
        return f"{self.prefecture}{self.city}"

    def search_words(self) -> list[str]:
        short = self.short_name
        reading = kana.kana_key(self.kana) if self.kana else readings.of_firm(short)
        return [
            short,
            self.name,
            self.kana or reading,
            kana.romaji(reading) if reading else "",
            self.latin_name,
            self.corporate_number,
            self.domain,
            self.phone and "0" + self.phone.removeprefix("+81"),
            *(one.name for one in (self.former_names.all() if self.pk else ()) if one.struck_at is None),
        ]

    def get_absolute_url(self) -> str:
        return paths.of("accounts:company", self.pk)


class KnownBy(models.QuerySet):  # type: ignore[type-arg]
    """Names and values beside the fields. One that a person struck out stays as a row, so that no list brings it again."""

    def in_use(self) -> KnownBy:
        return self.filter(struck_at=None)


@pghistory.track()
class CompanyName(models.Model):
    """A name the company had before: search and matching know it still."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200, db_index=True)
    until = models.DateField(null=True)
    struck_at = models.DateTimeField(null=True, editable=False)

    objects = KnownBy.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "name"], name="former_name_is_kept_once")]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class FurtherValue(models.Model):
    """What a source says of the company beside what stands in its fields: one more phone, domain, spelling, address.

    Matching knows the company by it, too; it goes again with the import or the merge that brought it.
    """

    class Kind(models.TextChoices):
        NAME = "company_name", _("name")
        KANA = "company_kana", _("kana")
        LATIN = "latin_name", _("name in Latin letters")
        PHONE = "phone", _("phone")
        DOMAIN = "domain", _("domain")
        NUMBER = "corporate_number", _("corporate number")
        ADDRESS = "address", _("address")

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="further_values", db_index=False
    )  # the constraint has it in front
    kind = models.CharField(max_length=16, choices=Kind.choices)
    value = models.CharField(max_length=270)
    struck_at = models.DateTimeField(null=True, editable=False)

    objects = KnownBy.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "kind", "value"], name="further_value_is_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


@pghistory.track()
class CompanyAccess(models.Model):
    """Who besides its owner may see a restricted company: a person or a team with all below it."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="access_list")
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="access_is_for_a_person_or_a_team",
            ),
            models.UniqueConstraint(
                fields=["company", "user", "team"], nulls_distinct=False, name="access_is_given_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} → {self.user or self.team}"


class BelowCompany(models.QuerySet):  # type: ignore[type-arg]
    """Rows that hang on a company and are seen with it."""

    def visible_to(self, user: User) -> BelowCompany:
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        return self.exclude(company__in=Company.objects.closed_ids(user))

    def active(self) -> BelowCompany:
        """Neither merged into another nor in the bin."""
        return self.filter(merged_into=None, deleted_at=None)


class PlaceQuerySet(BelowCompany):
    def for_search(self, user: User) -> PlaceQuerySet:
        """What the person may find."""
        return self.active().filter(company__merged_into=None, company__deleted_at=None).visible_to(user)  # type: ignore[return-value]


@pghistory.track(exclude=["search_text", "search_grams"])
class Division(Searchable):
    """事業部: a part of a company with business of its own."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="divisions")
    name = models.CharField(_("name"), max_length=120)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")
    deleted_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name"],
                condition=Q(merged_into=None, deleted_at=None),
                name="division_is_named_once",
            )
        ]
        indexes = [gram_index("division_grams")]

    def __str__(self) -> str:
        return self.name

    def search_words(self) -> list[str]:
        return [self.name]

    def get_absolute_url(self) -> str:
        return f"{paths.of('accounts:company', self.company_id)}?at=division-{self.pk}"


@pghistory.track(exclude=["search_text", "search_grams"])
class Site(Searchable):
    """拠点: a place of a company, in a division or directly below the company."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="sites")
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="sites", verbose_name=_("division")
    )
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=7, blank=True)
    prefecture = models.CharField(_("prefecture"), max_length=4, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    # Where it went on with another company; what was agreed before stays with this one.
    continued_as = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="continues", editable=False
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")
    deleted_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name"],
                condition=Q(merged_into=None, deleted_at=None),
                name="site_is_named_once",
            )
        ]
        indexes = [gram_index("site_grams")]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return f"{self.prefecture}{self.city}{self.street}"

    def search_words(self) -> list[str]:
        return [
            self.name,
            f"{self.prefecture}{self.city}",
            self.phone and "0" + self.phone.removeprefix("+81"),
            *(word for past in (self.past.all() if self.pk else ()) for word in (past.name, past.city)),
        ]

    def get_absolute_url(self) -> str:
        return f"{paths.of('accounts:company', self.company_id)}?at=site-{self.pk}"


@pghistory.track()
class FormerSite(models.Model):
    """How a site was called, and where it was, until a day: search finds it by that still."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="past")
    division = models.ForeignKey(Division, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=120)
    postal_code = models.CharField(max_length=7, blank=True)
    prefecture = models.CharField(max_length=4, blank=True)
    city = models.CharField(max_length=60, blank=True)
    street = models.CharField(max_length=200, blank=True)
    until_on = models.DateField()

    class Meta:
        ordering = ["-until_on", "-pk"]

    def __str__(self) -> str:
        return self.name
