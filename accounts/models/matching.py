from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.company import Company
from accounts.models.contact import Contact
from staff import roles
from staff.models import User


class MatchKey(models.Model):
    """A normalised value by which a record may be recognised. Candidates share one; the rule weighs them."""

    class Kind(models.TextChoices):
        NAME = "name", _("name")
        PHONE = "phone", _("phone")
        DOMAIN = "domain", _("domain")
        NUMBER = "number", _("corporate number")
        EMAIL = "email", _("e-mail")
        PERSON = "person", _("person's name")
        SOUND = "sound", _("reading")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(max_length=200)
    # Computed from rows that are there and written beside them: asking for each key whether they are took as long as the key.
    company = models.ForeignKey(
        Company, models.CASCADE, related_name="match_keys", db_index=False, db_constraint=False
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, related_name="match_keys", db_index=False, db_constraint=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value", "company", "contact"],
                nulls_distinct=False,
                name="match_key_is_kept_once",
            )
        ]
        indexes = [
            models.Index(fields=["company"], name="match_key_of_company"),
            models.Index(fields=["contact"], name="match_key_of_contact", condition=Q(contact__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class QuestionQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Questions to a person about companies, without those about companies closed to them."""

    company_fields: tuple[str, ...] = ()

    def to_decide(self, user: User) -> QuestionQuerySet:
        """The open ones that the person may see; those put off wait apart."""
        return self.filter(state="open").visible_to(user)

    def waiting(self) -> QuestionQuerySet:
        """Not decided yet; those put off come after the others."""
        return self.filter(state__in=["open", "later"])

    def visible_to(self, user: User) -> QuestionQuerySet:
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        closed = Company.objects.closed_ids(user)
        rows = self
        for field in self.company_fields:
            rows = rows.exclude(**{f"{field}__in": closed})
        return rows


class PairQuerySet(QuestionQuerySet):
    company_fields = ("company_a", "company_b")


class FactsQuerySet(QuestionQuerySet):
    company_fields = ("company",)


class DuplicatePair(models.Model):
    """Two companies, or two contacts, that may be one: with the reasons, and what a person decided."""

    class State(models.TextChoices):
        OPEN = "open", _("to decide")
        LATER = "later", _("later")
        DIFFERENT = "different", _("different")
        MERGED = "merged", _("merged")

    company_a = models.ForeignKey(Company, models.CASCADE, related_name="+")
    company_b = models.ForeignKey(Company, models.CASCADE, related_name="+")
    contact_a = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    contact_b = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    score = models.PositiveSmallIntegerField()
    # Certain ones may be joined without looking at each; the most useful question comes first.
    verdict = models.CharField(max_length=8, default="probable")
    worth = models.PositiveSmallIntegerField(default=0)
    # [{"key": "phone", "points": 40, "a": "0263…", "b": "0263…"}, …]
    reasons = models.JSONField(default=list)
    # Where it came from: an import's row, a form, the scan.
    source = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company_a", "company_b", "contact_a", "contact_b"],
                nulls_distinct=False,
                name="pair_is_asked_once",
            ),
            models.CheckConstraint(
                condition=Q(contact_a=None, contact_b=None, company_a__lt=F("company_b"))
                | Q(contact_a__lt=F("contact_b")),
                name="pair_is_of_two_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["-score", "id"], name="pair_to_decide", condition=Q(state="open")),
            models.Index(fields=["-worth", "id"], name="pair_worth_asking", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.company_a_id} ~ {self.company_b_id} ({self.score})"


class FactsQuestion(models.Model):
    """Two sources state different names, or addresses, of one company for the same day: which is the current one?

    `values` are the fields as the other source has them; the company keeps its own until somebody decides.
    """

    class About(models.TextChoices):
        NAME = "name", _("name")
        ADDRESS = "address", _("address")

    class State(models.TextChoices):
        OPEN = "open", _("to decide")
        LATER = "later", _("later")
        KEPT = "kept", _("kept")
        TAKEN = "taken", _("taken over")

    company = models.ForeignKey(Company, models.CASCADE, related_name="questions")
    about = models.CharField(max_length=8, choices=About.choices)
    values = models.JSONField()
    changed_on = models.DateField()
    source = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = FactsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "about", "values"], name="facts_are_asked_once")
        ]
        indexes = [models.Index(fields=["id"], name="facts_to_decide", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.company_id} {self.about}: {self.values}"


@pghistory.track()
class MatchRules(models.Model):
    """One version of the rules that say which evidence joins two records, and which is worth a question.

    The newest published one holds; the one without a day is the draft.
    """

    version = models.PositiveIntegerField(unique=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(published_at=None), name="rules_have_one_draft"
            )
        ]

    def __str__(self) -> str:
        return f"v{self.version}"


@pghistory.track()
class MatchRule(models.Model):
    """A row of the table: when all `keys` agree and none of `but` is there, the verdict holds."""

    class Unit(models.TextChoices):
        COMPANY = "company", _("company")
        PERSON = "person", _("person")
        SITE = "site", _("site")

    class Verdict(models.TextChoices):
        CERTAIN = "certain", _("join without asking")
        PROBABLE = "probable", _("ask a person")
        NOTHING = "nothing", _("leave apart")

    rules = models.ForeignKey(MatchRules, models.CASCADE, related_name="rows")
    position = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=8, choices=Unit.choices, default=Unit.COMPANY)
    keys = ArrayField(models.CharField(max_length=20))
    but = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["rules", "position"], name="rule_has_its_place"),
            models.CheckConstraint(condition=~Q(keys=[]), name="rule_asks_for_something"),
        ]

    def __str__(self) -> str:
        return f"{' + '.join(self.keys)}: {self.verdict}"


class MatchScan(models.Model):
    """All companies compared with one another in the background, slice by slice."""

    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    company_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    last_company_id = models.BigIntegerField(default=0)
    found_count = models.PositiveIntegerField(default=0)
    # By which maker the keys of all companies are when it is through; 0: from before makers were counted.
    maker = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(models.Value(1), condition=Q(finished_at=None), name="one_scan_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.done_count}/{self.company_count}"
