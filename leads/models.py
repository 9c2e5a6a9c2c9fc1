from __future__ import annotations

from datetime import datetime

import pghistory
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Company, Contact
from crm.lib import names, paths, workdays
from leads import lead_triggers
from pipeline.models import Deal
from staff import access, roles
from staff.models import Team, User
from staff.searchable import Searchable, gram_index


class LeadQuerySet(models.QuerySet["Lead"]):
    def visible_to(self, user: User) -> LeadQuerySet:
        """Leads of the person's teams, without those of companies closed to them."""
        rows = self.filter(access.of_my_teams(user))
        if user.is_system or not user.is_active or roles.can(user, "read everything"):
            return rows
        closed = Company.objects.closed_ids(user)
        return rows.exclude(company__isnull=False, company__in=closed)

    def waiting(self) -> LeadQuerySet:
        """Those whose clock runs: nobody has spoken with them yet."""
        return self.filter(state=Lead.State.NEW, first_contacted_at=None, deleted_at=None)

    def kept(self) -> LeadQuerySet:
        """Without those in the bin."""
        return self.filter(deleted_at=None)

    def open(self) -> LeadQuerySet:
        """Those that somebody has in hand: new or being talked with."""
        return self.filter(state__in=Lead.OPEN, deleted_at=None)

    def breached(self, now: datetime) -> LeadQuerySet:
        """Waiting beyond their stored deadline. Timer, list and alert read this one answer."""
        return self.waiting().filter(first_contact_due_at__lte=now)

    def for_panel(self) -> LeadQuerySet:
        """With all that the panel shows, and `absorbed_ids`: the leads merged into it, whose history is its own."""
        theirs = Lead.objects.filter(merged_into=OuterRef("pk")).order_by("pk").values("pk")
        rows = self.select_related("owner", "channel", "clock_rule", "company", "deal")
        return rows.annotate(absorbed_ids=ArraySubquery(theirs))

    def for_rows(self) -> LeadQuerySet:
        """With all that a row of the list shows."""
        return self.select_related("owner", "channel", "clock_rule")

    def only_rows(self) -> LeadQuerySet:
        """With just what the list places of them; anything else asked of them is one more statement."""
        return self.for_rows().only(
            "company_name", "family_name", "given_name", "email", "title", "score", "state", "received_at",
            "first_contact_due_at", "first_contacted_at", "owner__family_name", "owner__given_name",
            "channel__name_ja", "channel__name_en", "clock_rule__hours", "clock_rule__unit",
        )  # fmt: skip


@pghistory.track()
class FirstContactRule(models.Model):
    """How fast a new lead is called: `hours`, counted in `unit`. The first rule that fits the channel counts."""

    channel = models.ForeignKey(Channel, models.CASCADE, null=True, blank=True, verbose_name=_("channel"))
    hours = models.PositiveSmallIntegerField(_("hours"), default=48)
    unit = models.CharField(
        _("counted in"),
        max_length=16,
        choices=[(u.value, u.value) for u in workdays.Unit],
        default=workdays.Unit.BUSINESS_DAYS,
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.hours} h ({self.unit})"


@pghistory.track()
class AssignmentRule(models.Model):
    """Who gets a new lead: the first rule that fits; of its people the one with the fewest open leads."""

    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    # Empty means any.
    prefectures = ArrayField(models.CharField(max_length=4), default=list, blank=True)
    industries = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    channel = models.ForeignKey(Channel, models.CASCADE, null=True, blank=True)
    people = models.ManyToManyField(User, related_name="assignment_rules")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class ScoreRule(models.Model):
    """Points of a lead: what it is (attribute, up to 10 each) and what it did (behaviour, up to 20 each)."""

    class Kind(models.TextChoices):
        ATTRIBUTE = "attribute", _("attribute")
        BEHAVIOUR = "behaviour", _("behaviour")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    # ATTRIBUTE: "industry", "employees" or "title"; BEHAVIOUR: a kind of touch.
    subject = models.CharField(max_length=20)
    # industry/title: a word in it; employees: "101-300"; behaviour: how many times at least.
    match = models.CharField(max_length=40)
    label_ja = models.CharField(max_length=60)
    label_en = models.CharField(max_length=60)
    points = models.PositiveSmallIntegerField()
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["kind", "subject", "-points", "pk"]

    def __str__(self) -> str:
        return self.label_en if (get_language() or "ja").startswith("en") else self.label_ja


@pghistory.track(exclude=["search_text", "search_grams"])
class Lead(Searchable):
    """リード: somebody who showed interest and is not a deal yet. Its clock runs until the first contact."""

    class State(models.TextChoices):
        NEW = "new", _("new")
        CONTACTED = "contacted", _("contacted")
        NURTURE = "nurture", _("nurturing")
        CONVERTED = "converted", _("converted")
        DISQUALIFIED = "disqualified", _("not a fit")

    OPEN = (State.NEW, State.CONTACTED)
    DECIDED = (State.CONVERTED, State.DISQUALIFIED, State.NURTURE)
    # One that was put aside before anybody spoke with it has no clock.
    HAS_A_CLOCK = Q(first_contact_due_at__isnull=False) & (
        Q(first_contacted_at__isnull=False) | Q(state__in=OPEN)
    )

    company_name = models.CharField(_("company name"), max_length=200, blank=True)
    company_kana = models.CharField(_("kana"), max_length=200, blank=True)
    family_name = models.CharField(_("family name"), max_length=40, blank=True)
    given_name = models.CharField(_("given name"), max_length=40, blank=True)
    family_kana = models.CharField(_("family name (kana)"), max_length=40, blank=True)
    given_kana = models.CharField(_("given name (kana)"), max_length=40, blank=True)
    department = models.CharField(_("department"), max_length=80, blank=True)
    title = models.CharField(_("title"), max_length=80, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    industry = models.CharField(_("industry"), max_length=40, blank=True)
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=7, blank=True)
    prefecture = models.CharField(_("prefecture"), max_length=4, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    interest = models.TextField(_("what they ask"), blank=True)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="leads", verbose_name=_("channel"))
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    state_reason = models.CharField(max_length=120, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, related_name="leads", verbose_name=_("owner"))
    team = models.ForeignKey(Team, models.PROTECT, related_name="leads", editable=False)
    # {"rule": "関東", "open_leads": 3}: why this owner; worded for the reader by the template.
    assigned_because = models.JSONField(default=dict, editable=False)
    assigned_at = models.DateTimeField(null=True, editable=False)
    # The company that matching recognised, before conversion.
    company = models.ForeignKey(Company, models.PROTECT, null=True, blank=True, related_name="leads")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, related_name="leads")
    deal = models.OneToOneField(Deal, models.PROTECT, null=True, blank=True, related_name="lead")
    converted_at = models.DateTimeField(null=True, editable=False)
    clock_rule = models.ForeignKey(FirstContactRule, models.SET_NULL, null=True, editable=False)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    first_contact_due_at = models.DateTimeField(null=True, editable=False)
    first_contacted_at = models.DateTimeField(null=True, editable=False)
    near_alerted_at = models.DateTimeField(null=True, editable=False)
    breach_alerted_at = models.DateTimeField(null=True, editable=False)
    score = models.PositiveSmallIntegerField(default=0, editable=False)
    # {"attribute": [{"label", "points"}], "behaviour": […], "coefficient": "1.2"}
    score_reasons = models.JSONField(default=dict, editable=False)
    # One that was merged into another is in no list: it has `deleted_at`, too.
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        constraints = [
            models.CheckConstraint(
                condition=~Q(company_name="") | ~Q(family_name="") | ~Q(email=""), name="lead_says_who_it_is"
            ),
            models.CheckConstraint(
                condition=~Q(state="converted") | Q(deal__isnull=False), name="converted_lead_has_its_deal"
            ),
        ]
        indexes = [
            gram_index("lead_grams"),
            models.Index(
                fields=["team", "first_contact_due_at", "id"],
                include=["company", "first_contacted_at"],
                name="lead_waiting_of_team",
                condition=Q(state="new", deleted_at=None),
            ),
            models.Index(
                fields=["owner", "first_contact_due_at", "id"],
                name="lead_waiting_of_owner",
                condition=Q(state="new", deleted_at=None),
            ),
            models.Index(
                fields=["first_contact_due_at", "id"],
                include=["company", "first_contacted_at"],
                name="lead_waiting",
                condition=Q(state="new", deleted_at=None),
            ),
            models.Index(fields=["team", "-received_at", "-id"], name="lead_of_team"),
            models.Index(fields=["-received_at", "-id"], name="lead_newest"),
            models.Index(fields=["channel", "received_at"], name="lead_of_channel"),
            # The lists count from an index alone. The one that opens first: new ones by their deadline, then those in talks.
            models.Index(
                fields=["-state", "first_contact_due_at", "id"],
                include=["team", "company", "received_at"],
                name="lead_in_hand",
                condition=Q(state__in=("new", "contacted"), deleted_at=None),
            ),
            models.Index(
                fields=["owner", "-state", "first_contact_due_at", "id"],
                name="lead_in_hand_of_owner",
                condition=Q(state__in=("new", "contacted"), deleted_at=None),
            ),
            # Assignment asks how much each has in hand, and who was given one last.
            models.Index(
                fields=["owner"],
                name="lead_open_of_owner",
                condition=Q(state__in=("new", "contacted"), deleted_at=None),
            ),
            models.Index(
                fields=["-received_at", "-id"],
                include=["team", "company"],
                name="lead_nurtured",
                condition=Q(state="nurture", deleted_at=None),
            ),
            models.Index(fields=["owner", "-assigned_at"], name="lead_given_to_owner"),
            models.Index(fields=["company"], name="lead_of_company", condition=Q(company__isnull=False)),
            models.Index(fields=["email"], name="lead_by_email", condition=~Q(email="")),
        ]
        triggers = lead_triggers.LEADS.triggers()

    def __str__(self) -> str:
        return self.short_name

    @property
    def is_open(self) -> bool:
        """Whether somebody has it in hand: new, or being talked with."""
        return self.state in self.OPEN

    @property
    def short_name(self) -> str:
        return names.short_name(self.company_name) if self.company_name else self.person_name or self.email

    @property
    def person_name(self) -> str:
        return names.full_person(self.family_name, self.given_name, get_language() or "ja")

    @property
    def search_title(self) -> str:
        return f"{self.short_name} {self.person_name}".strip()

    @property
    def search_sub(self) -> str:
        return str(self.get_state_display())

    def search_words(self) -> list[str]:
        return [
            self.company_name,
            self.company_kana,
            f"{self.family_name}{self.given_name}",
            f"{self.family_kana}{self.given_kana}",
            self.email,
            self.phone and "0" + self.phone.removeprefix("+81"),
        ]

    def get_absolute_url(self) -> str:
        return paths.of("leads:lead", self.pk)


class Touch(models.Model):
    """Who showed interest, when, over which channel, with which message."""

    class Kind(models.TextChoices):
        EXHIBITION = "exhibition", _("met at an exhibition")
        DOWNLOAD = "download", _("downloaded a document")
        WEBINAR = "webinar", _("joined a webinar")
        PRICING = "pricing", _("viewed the pricing page")
        FORM = "form", _("wrote through the form")
        REFERRAL = "referral", _("was referred")
        AD = "ad", _("clicked an ad")
        OTHER = "other", _("other")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="touches")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    channel = models.ForeignKey(Channel, models.PROTECT)
    detail = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["lead", "-at"], name="touch_of_lead")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.detail}".strip()
