from __future__ import annotations

from decimal import Decimal

import pghistory
import pgtrigger
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Channel, Company, Contact, Division, Site
from crm.lib import paths
from pipeline.models import rollup_triggers
from pipeline.models.stage import LossReason, Stage, WinReason
from staff import access, append_only, roles
from staff.files import KeptFile
from staff.models import Team, User
from staff.searchable import Searchable, gram_index


class DealQuerySet(models.QuerySet["Deal"]):
    def visible_to(self, user: User) -> DealQuerySet:
        """Deals of the person's teams, without those of companies closed to them and those in the bin."""
        rows = self.filter(access.of_my_teams(user), deleted_at=None)
        if user.is_system or not user.is_active or roles.can(user, "read everything"):
            return rows
        return rows.exclude(company__in=Company.objects.closed_ids(user))

    def open(self) -> DealQuerySet:
        return self.filter(closed_at=None, deleted_at=None)

    def stalled(self, today: object) -> DealQuerySet:
        """Open deals whose stored day has come. Badge, list, dashboard and alert read this one answer."""
        return self.open().filter(stalls_on__lte=today)

    def without_next_action(self) -> DealQuerySet:
        return self.open().filter(next_action_on=None)

    def for_cards(self) -> DealQuerySet:
        """With all that a card or a list row shows."""
        return self.select_related("company", "stage", "owner").defer(
            "search_text", "search_grams", "company__search_text", "company__search_grams", "company__notes"
        )

    def only_cards(self, *more: str) -> DealQuerySet:
        """With just what `pipeline.cards` places, for hundreds of them; anything else asked of them is one more statement."""
        return self.select_related("company", "owner").only(
            "name", "amount", "weighted_amount", "close_on", "next_action_on", "next_action_kind", "stalls_on",
            "stage_entered_at", "closed_at", "criteria_met", "criteria_total", "version", "stage", "loss_reason",
            "company__name", "owner__family_name", "owner__given_name", *more,
        )  # fmt: skip

    def for_page(self) -> DealQuerySet:
        """With all that the deal's own page shows of rows beside it."""
        return self.select_related(
            "company",
            "stage",
            "owner",
            "team",
            "contact",
            "division",
            "site",
            "channel",
            "loss_reason",
            "win_reason",
        )

    def with_way(self) -> DealQuerySet:
        """With `way`: the deal's moves as plain values, first one first, in the same statement."""
        moves = StageMove.objects.filter(deal=OuterRef("pk")).order_by("pk")
        move = JSONObject(from_stage="from_stage_id", to_stage="to_stage_id", at="at")
        return self.annotate(way=ArraySubquery(moves.values(json=move)))


@pghistory.track(exclude=["search_text", "search_grams", "met_ids", "lacking_ids", "bare_ids"])
class Deal(Searchable):
    """案件: a sale that may come true, from the first talk to won or lost.

    `stage` changes through `pipeline.moves.move_deal` alone; the database refuses any other way.
    """

    class ForecastCategory(models.TextChoices):
        """What its owner says of a deal that is on its way, beside the numbers."""

        COMMIT = "commit", _("commit")
        BEST = "best", _("best case")
        PIPELINE = "pipeline", _("in the pipeline")
        OMITTED = "omitted", pgettext_lazy("forecast", "left out")

    name = models.CharField(_("deal name"), max_length=120)
    company = models.ForeignKey(Company, models.PROTECT, related_name="deals", verbose_name=_("company"))
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="deals", verbose_name=_("division")
    )
    site = models.ForeignKey(
        Site, models.PROTECT, null=True, blank=True, related_name="deals", verbose_name=_("site")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="deals", verbose_name=_("contact")
    )
    owner = models.ForeignKey(User, models.PROTECT, related_name="deals", verbose_name=_("owner"))
    # Always the owner's team: what visibility asks.
    # Without an index of its own: the planner would read all deals of a large team for what another one finds at once.
    team = models.ForeignKey(Team, models.PROTECT, related_name="deals", editable=False, db_index=False)
    channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="deals", verbose_name=_("channel")
    )
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals", editable=False)
    stage_entered_at = models.DateTimeField(editable=False)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=0, null=True, blank=True)
    close_on = models.DateField(_("expected close"), null=True, blank=True)
    budget = models.DecimalField(_("budget"), max_digits=14, decimal_places=0, null=True, blank=True)
    wanted_on = models.DateField(_("wanted by"), null=True, blank=True)
    # The stage's probability unless a person says otherwise, with a reason.
    own_probability = models.PositiveSmallIntegerField(
        _("own probability"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    own_probability_reason = models.CharField(_("reason"), max_length=120, blank=True)
    probability = models.PositiveSmallIntegerField(editable=False, default=0)
    weighted_amount = models.DecimalField(max_digits=14, decimal_places=0, default=Decimal(0), editable=False)
    # Said by a person; it changes no number by itself.
    forecast_category = models.CharField(
        _("forecast category"),
        max_length=8,
        choices=ForecastCategory.choices,
        default=ForecastCategory.PIPELINE,
        db_default=ForecastCategory.PIPELINE,
    )

    # Stored answers: computed where the data change, read by badge, list, dashboard and alert.
    stalls_on = models.DateField(null=True, editable=False)
    # What stalls it then, as `StallRule.code` or "age:14"; `pipeline.stalls.in_words` reads it.
    stall_why = models.CharField(max_length=40, blank=True, default="", editable=False)
    stall_alerted_for = models.DateField(null=True, editable=False)
    stall_escalated_for = models.DateField(null=True, editable=False)
    snoozed_until = models.DateField(null=True, editable=False)
    criteria_met = models.PositiveSmallIntegerField(default=0, editable=False)
    criteria_total = models.PositiveSmallIntegerField(default=0, editable=False)
    # Which of these: of its stage while it is open, of all stages that it came through once it is closed. None: not counted yet.
    met_ids = ArrayField(models.BigIntegerField(), null=True, editable=False)
    lacking_ids = ArrayField(models.BigIntegerField(), null=True, editable=False)
    # Met by an answer without the words it was heard in.
    bare_ids = ArrayField(models.BigIntegerField(), null=True, editable=False)
    # Facts that higher apps keep here: activities and their todos.
    last_activity_at = models.DateTimeField(null=True, editable=False)
    first_contacted_at = models.DateTimeField(null=True, editable=False)
    activity_kinds = ArrayField(models.CharField(max_length=12), default=list, editable=False)
    # Kind of activity → when it was last done (and somebody reached).
    last_done = models.JSONField(default=dict, editable=False)
    next_action_on = models.DateField(null=True, editable=False)
    no_action_since = models.DateField(null=True, editable=False)
    next_action_kind = models.CharField(max_length=12, blank=True, default="", editable=False)

    closed_at = models.DateTimeField(null=True, editable=False)
    loss_reason = models.ForeignKey(
        LossReason, models.PROTECT, null=True, blank=True, related_name="deals", editable=False
    )
    win_reason = models.ForeignKey(
        WinReason, models.PROTECT, null=True, blank=True, related_name="deals", editable=False
    )
    # Where it stood when it was closed: how far it had come.
    left_stage = models.ForeignKey(
        Stage, models.PROTECT, null=True, related_name="+", editable=False, db_index=False
    )
    competitor = models.CharField(_("competitor"), max_length=80, blank=True)
    outcome_note = models.TextField(_("note"), blank=True)
    call_again_on = models.DateField(_("call again on"), null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = DealQuerySet.as_manager()

    class Meta:
        verbose_name = _("deal")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0) | Q(amount=None), name="deal_amount_is_not_negative"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="deal_has_a_name"),
            models.CheckConstraint(
                condition=Q(criteria_met__lte=F("criteria_total")), name="deal_meets_at_most_all_criteria"
            ),
        ]
        indexes = [
            gram_index("deal_grams"),
            models.Index(
                fields=["stage", "next_action_on", "id"],
                name="deal_on_board",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(
                fields=["team", "close_on", "id"],
                name="deal_open_of_team",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(
                fields=["owner", "close_on", "id"],
                name="deal_open_of_owner",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(
                fields=["close_on", "id"],
                name="deal_open_by_close",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            # The totals of the board are read from the index alone.
            models.Index(
                fields=["team", "stage"],
                include=["amount", "weighted_amount", "next_action_on", "stalls_on"],
                name="deal_board_totals",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            # How many stand still, and in one stage since when, is read from the index alone.
            models.Index(
                fields=["stage", "stalls_on"],
                include=["team", "company"],
                name="deal_stalls",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(
                fields=["team", "closed_at", "id"],
                name="deal_closed_of_team",
                condition=Q(closed_at__isnull=False),
            ),
            # What the executive's figures ask of closed deals is read from the index alone.
            models.Index(
                fields=["closed_at", "id"],
                include=[
                    "stage",
                    "amount",
                    "weighted_amount",
                    "channel",
                    "loss_reason",
                    "first_contacted_at",
                ],
                name="deal_closed_figures",
                condition=Q(closed_at__isnull=False, deleted_at=None),
            ),
            # The orders of the list, and the most valuable ones of a team: none sorts all open deals.
            models.Index(
                fields=["stage_entered_at", "id"],
                name="deal_open_by_stay",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(
                fields=["amount", "id"],
                name="deal_open_by_amount",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(
                fields=["weighted_amount", "id"],
                name="deal_open_by_weighted",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(
                fields=["next_action_on", "id"],
                name="deal_open_by_next_action",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            # The list of a stage by amount, and the way to the target: the largest deals of each stage, and those with the
            # most to gain.
            models.Index(
                fields=["stage", "-amount", "-id"],
                include=["close_on"],
                name="deal_largest_of_stage",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(
                F("stage"),
                (F("amount") - F("weighted_amount")).desc(),
                include=["amount", "weighted_amount", "close_on"],
                name="deal_most_to_gain",
                condition=Q(closed_at=None, deleted_at=None, amount__gt=0),
            ),
            # The coverage of open deals is read from the index alone.
            models.Index(
                fields=["team", "stage", "owner"],
                include=["stage_entered_at", "company", "met_ids", "lacking_ids", "bare_ids"],
                name="deal_coverage",
                condition=Q(closed_at=None, deleted_at=None),
            ),
            models.Index(fields=["id"], name="deal_not_counted", condition=Q(met_ids=None)),
            models.Index(fields=["company", "-id"], name="deal_of_company"),
            models.Index(fields=["-created_at", "-id"], name="deal_newest"),
        ]
        triggers = [
            # Deferred: the move may be written before or after the deal, but in the same transaction.
            pgtrigger.Trigger(
                name="deal_moves_by_a_stage_move",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition("OLD.stage_id IS DISTINCT FROM NEW.stage_id"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM pipeline_stagemove m
                        WHERE m.deal_id = NEW.id AND m.to_stage_id = NEW.stage_id AND m.from_stage_id = OLD.stage_id
                          AND m.xact = pg_current_xact_id()::text::bigint
                    ) THEN
                        RAISE EXCEPTION 'deal % changed its stage without a move', NEW.id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="deal_begins_by_a_stage_move",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM pipeline_stagemove m
                        WHERE m.deal_id = NEW.id AND m.to_stage_id = NEW.stage_id
                          AND m.xact = pg_current_xact_id()::text::bigint
                    ) THEN
                        RAISE EXCEPTION 'deal % began in a stage without a move', NEW.id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            *rollup_triggers.of_deals(),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def search_words(self) -> list[str]:
        return [self.name]

    def get_absolute_url(self) -> str:
        return paths.of("pipeline:deal", self.pk)


class StageMove(models.Model):
    """One change of stage, for good: by whom, when, from where; a waiver says why criteria were passed over."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="moves")
    from_stage = models.ForeignKey(Stage, models.PROTECT, null=True, related_name="+")
    to_stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    waiver = models.CharField(max_length=200, blank=True)
    waived_count = models.PositiveSmallIntegerField(default=0)
    # Ids of the criteria that were passed over.
    waived = ArrayField(models.BigIntegerField(), default=list)
    reason = models.CharField(max_length=200, blank=True)
    # Which transaction wrote it; set by a trigger, so that the deal's own trigger can trust it.
    xact = models.BigIntegerField(editable=False, default=0)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(from_stage=F("to_stage")), name="stage_move_goes_somewhere"),
            models.CheckConstraint(condition=Q(waived_count=0) | ~Q(waiver=""), name="waiver_gives_a_reason"),
        ]
        indexes = [
            models.Index(fields=["deal", "at"], name="stage_move_of_deal"),
            models.Index(fields=["to_stage", "at"], name="stage_move_into"),
            models.Index(fields=["-at", "-id"], name="stage_move_waived", condition=Q(waived_count__gt=0)),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="stage_move_knows_its_transaction",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="NEW.xact = pg_current_xact_id()::text::bigint; RETURN NEW;",
            ),
            rollup_triggers.of_moves(),
            *append_only.triggers("stage_move"),
        ]

    def __str__(self) -> str:
        return f"{self.from_stage_id} → {self.to_stage_id}"


class DealFileQuerySet(models.QuerySet["DealFile"]):
    def visible_to(self, user: User) -> DealFileQuerySet:
        """Files of deals that the person may see."""
        return self.filter(deal__in=Deal.objects.visible_to(user))

    def kept(self) -> DealFileQuerySet:
        return self.filter(deleted_at=None, deal__deleted_at=None)


class DealFile(KeptFile):
    """A file of a deal, or a link to a recording: seen by whoever sees the deal."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="files")
    content = models.FileField(upload_to="deals/%Y/%m/", max_length=200, blank=True)

    objects = DealFileQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at", "-pk"]
        indexes = [gram_index("deal_file_grams")]
