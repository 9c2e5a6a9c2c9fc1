from __future__ import annotations

from typing import Any

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.lib import names
from staff.models.company import CompanyProfile


class Team(models.Model):
    """A node of the team tree. `path` holds the ids from the root down, so a subtree is one prefix."""

    name = models.CharField(_("name"), max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=200, editable=False, default="", db_index=True)

    class Meta:
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="team_name_is_unique_below_its_parent"),
            # Who is in it sees the rows of every team without their teams being asked (`access.is_at_the_top`).
            models.UniqueConstraint(
                fields=["parent"],
                condition=Q(parent=None),
                nulls_distinct=False,
                name="one_team_is_at_the_top",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def subtree_ids(self) -> list[int]:
        """This team and all below it."""
        return list(Team.objects.filter(path__startswith=self.path).values_list("pk", flat=True))


class UserQuerySet(models.QuerySet["User"]):
    def people(self) -> UserQuerySet:
        """Those who can sign in: not the system itself, not who has left."""
        return self.filter(is_active=True, is_system=False)

    def visible_to(self, user: User) -> UserQuerySet:
        """Everyone of the company is known to everyone in it."""
        return self if user.is_active else self.none()

    def for_request(self) -> UserQuerySet:
        """With what nearly every page asks of its reader: team, teams below, the company's profile; in one statement."""
        below = Team.objects.filter(path__startswith=OuterRef("team__path"))
        profile = JSONObject(**{f.attname: f.attname for f in CompanyProfile._meta.concrete_fields})
        return self.select_related("team").annotate(
            reach=ArraySubquery(below.values("pk")),
            company_values=models.Subquery(CompanyProfile.objects.values(json=profile)[:1]),
        )


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def system(self) -> User:
        """The actor of what runs by itself."""
        return self.get(is_system=True)


class Role(models.TextChoices):
    REP = "rep", _("Sales rep")
    MANAGER = "manager", _("Manager")
    EXECUTIVE = "executive", _("Executive")
    ADMIN = "admin", _("Administrator")


class User(AbstractBaseUser):
    """A person of the company, or the system itself (`is_system`), the actor of what runs alone."""

    Role = Role

    email = models.EmailField(_("e-mail"), unique=True)
    family_name = models.CharField(_("family name"), max_length=40)
    given_name = models.CharField(_("given name"), max_length=40, blank=True)
    family_kana = models.CharField(_("family name (kana)"), max_length=40, blank=True)
    given_kana = models.CharField(_("given name (kana)"), max_length=40, blank=True)
    title = models.CharField(_("title"), max_length=40, blank=True)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.REP)
    team = models.ForeignKey(Team, models.PROTECT, related_name="members", verbose_name=_("team"))
    language = models.CharField(max_length=5, choices=[("ja", "日本語"), ("en", "English")], default="ja")
    theme = models.CharField(
        max_length=5,
        choices=[("", _("as the device")), ("light", _("light")), ("dark", _("dark"))],
        blank=True,
        default="",
    )
    keys_on = models.BooleanField(_("single-letter shortcuts"), default=True)
    reminder_mails = models.BooleanField(
        _("what is due, by mail in the morning"), default=True, db_default=True
    )
    is_active = models.BooleanField(default=True)
    is_system = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_system"], condition=models.Q(is_system=True), name="one_system_user"
            ),
        ]
        ordering = ["family_kana", "given_kana", "pk"]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """In the order of the reader's language."""
        return names.full_person(self.family_name, self.given_name, get_language() or "ja")

    @property
    def company(self) -> CompanyProfile:
        """The company that everyone here works for; for the reader of a page it came with them."""
        values: dict[str, Any] | None = getattr(self, "company_values", None)
        return CompanyProfile.load() if values is None else CompanyProfile.of(values)

    @property
    def initial(self) -> str:
        return self.family_name[:1]

    def get_short_name(self) -> str:
        return self.family_name

    def get_full_name(self) -> str:
        return self.full_name


pghistory.track(exclude=["password", "last_login"])(User)
pghistory.track()(Team)
