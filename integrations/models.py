from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, Company, Contact, Site
from leads.models import Lead
from pipeline.models import Deal
from staff import roles
from staff.models import User


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> ImportQuerySet:
        """Whoever may import sees their own; administrators see all."""
        if not user.is_active or not roles.can(user, "import"):
            return self.none()
        return self if roles.can(user, "administer") else self.filter(by=user)

    def waiting(self) -> ImportQuerySet:
        """Those that wait for a person's word."""
        return self.filter(state__in=[Import.State.MAPPING, Import.State.READY])


class Import(models.Model):
    """One uploaded list on its way: file → columns → check → run → report."""

    class Kind(models.TextChoices):
        LEADS = "leads", _("leads")
        COMPANIES = "companies", _("companies with people")
        CONTACTS = "contacts", _("people")
        DEALS = "deals", _("deals")
        TOUCHES = "touches", _("touches of leads")
        HISTORY = "history", _("history of deals")

    class State(models.TextChoices):
        READING = "reading", _("reading the file")
        MAPPING = "mapping", _("columns")
        CHECKING = "checking", _("comparing")
        READY = "ready", _("to confirm")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("stopped")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    # What has come in, or a part of it: it can be undone.
    CAME_IN = (State.DONE, State.CANCELLED)

    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    name = models.CharField(_("file name"), max_length=200)
    content = models.FileField(upload_to="imports/%Y/%m/", max_length=200)
    size = models.PositiveBigIntegerField(default=0)
    # Of the file's bytes: the same file again is known by it.
    digest = models.CharField(max_length=64, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    sheet = models.CharField(max_length=80, blank=True)
    header_row = models.PositiveIntegerField(null=True)
    # [{"name": "会社名", "samples": […], "field": "company_name"}, …]
    columns = models.JSONField(default=list)
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, blank=True, verbose_name=_("channel"))
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)
    row_count = models.PositiveIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    # {"new": 138, "append": 49, "similar": 18, "bad": 7, …}
    counts = models.JSONField(default=dict)
    # {"code": "not_a_table", "params": {…}}: why the file cannot be read; worded for the reader when shown.
    problem = models.JSONField(default=dict)
    # What the header row looks like, so that the next list of the same source brings its columns along.
    signature = models.CharField(max_length=64, blank=True)
    # When a worker last did a part of the work.
    moved_at = models.DateTimeField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="imports")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # The sender's columns are those of this app (sansan, hubspot, …), known by their names or said by a person.
    preset = models.CharField(max_length=20, blank=True)
    # {"enter_at_stage": true}: what was chosen besides the columns.
    options = models.JSONField(default=dict)
    # {"removed": {"company": 3}, "restored": 4, "kept": 2, "phase": 1, "after": 17}
    undone = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["kind", "signature", "-id"], name="import_of_source"),
            models.Index(fields=["digest"], name="import_of_file", condition=~Q(digest="")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_working(self) -> bool:
        """Whether a worker has something to do, rather than a person."""
        state = self.State
        return self.state in (state.READING, state.CHECKING, state.RUNNING, state.UNDOING)

    @property
    def trace(self) -> str:
        """What the row history calls this import: every row it wrote carries it, and undoing goes by it."""
        return f"import-{self.pk}"

    @property
    def language(self) -> str:
        """In which the lines say what became of them: that of whoever brings the list in, unless another one was asked for."""
        return self.options.get("language") or self.by.language

    @property
    def can_be_undone(self) -> bool:
        """Not those that ran before imports left their trace, and not the past of deals: moves are for good."""
        return (
            self.state in self.CAME_IN and bool(self.options.get("traced")) and self.kind != self.Kind.HISTORY
        )

    @property
    def came_in(self) -> int:
        """Lines that became something, or were added to something."""
        made = self.counts.get("made", {})
        return made.get("created", 0) + made.get("appended", 0)

    @property
    def there(self) -> int:
        """Lines of which all is there now, those included that said nothing new."""
        return self.came_in + self.counts.get("made", {}).get("unchanged", 0)

    @property
    def seconds(self) -> int:
        """How long the run took, without the time that it was stopped."""
        if not self.started_at or not self.finished_at:
            return 0
        spent = (self.finished_at - self.started_at).total_seconds() - self.counts.get("paused", 0)
        return max(1, round(spent))

    def get_absolute_url(self) -> str:
        return reverse("integrations:import", args=[self.pk])


class ImportPiece(models.Model):
    """Some thousand lines of the file as they were read, until they are checked and become rows of their own."""

    batch = models.ForeignKey(Import, models.CASCADE, related_name="pieces", db_index=False)
    first_line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()
    # [[2, ["山田製作所", …]], …] as text: nobody asks the database for what is in it.
    lines = models.TextField()

    class Meta:
        ordering = ["batch", "first_line"]
        constraints = [models.UniqueConstraint(fields=["batch", "first_line"], name="piece_is_read_once")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.first_line}–{self.last_line}"


class ImportRow(models.Model):
    """One line of the list: as it came, as it was understood, what speaks against it, what shall and did happen."""

    class Standing(models.TextChoices):
        NEW = "new", _("new")
        KNOWN = "known", _("known")
        SIMILAR = "similar", _("perhaps known")
        BAD = "bad", _("to be corrected")

    class Decision(models.TextChoices):
        CREATE = "create", _("create")
        APPEND = "append", _("add to the existing one")
        ASK = "ask", _("create, and ask in the duplicate queue")
        SKIP = "skip", _("leave out")

    class Outcome(models.TextChoices):
        CREATED = "created", _("created")
        APPENDED = "appended", _("added to")
        UNCHANGED = "unchanged", _("unchanged")
        SKIPPED = "skipped", _("left out")
        REFUSED = "refused", _("refused")

    batch = models.ForeignKey(Import, models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    # What the sender calls the line's record, if a column says so.
    sender_id = models.CharField(max_length=120, blank=True)
    raw = models.JSONField()
    # What a person corrected, field → text; it counts instead of what the file says.
    fixes = models.JSONField(default=dict)
    values = models.JSONField(default=dict)
    # [{"field": "email", "code": "two_ats", "value": "a@@b", "repair": "a@b"}, …]
    problems = models.JSONField(default=list)
    # [{"of": "company", "id": 7, "score": 97, "verdict": "certain", "reasons": […]}, …], best first
    matches = models.JSONField(default=list)
    # By what the line is recognised (imports/keys.py).
    keys = ArrayField(models.TextField(), default=list)
    # The line of the same file that speaks of the same company (or, among leads, of the same person).
    same_as = models.PositiveIntegerField(null=True)
    standing = models.CharField(max_length=8, choices=Standing.choices, blank=True)
    score = models.PositiveSmallIntegerField(default=0)
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    # Plain links: the lines tell what was, and nobody looks from a record for its lines.
    company = models.ForeignKey(Company, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    site = models.ForeignKey(Site, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    contact = models.ForeignKey(Contact, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    lead = models.ForeignKey(Lead, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    deal = models.ForeignKey(Deal, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    # What the line made besides, that row history does not know: [["touch", 12], …]
    made = models.JSONField(default=list)

    class Meta:
        ordering = ["batch", "line"]
        constraints = [models.UniqueConstraint(fields=["batch", "line"], name="line_is_staged_once")]
        indexes = [
            models.Index(fields=["batch", "same_as"], name="row_repeats", condition=Q(same_as__isnull=False)),
            # Lines that a person looks at; of all others the number is enough.
            models.Index(
                fields=["batch", "standing", "line"],
                name="row_to_look_at",
                condition=Q(standing__in=["similar", "bad"]),
            ),
            models.Index(fields=["sender_id"], name="row_of_sender", condition=~Q(sender_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"


class ImportKept(models.Model):
    """What undoing an import left as it is, and why: somebody has worked with it since."""

    batch = models.ForeignKey(Import, models.CASCADE, related_name="kept")
    # company, contact, lead, deal, site
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    # The line it came from; None where it is one of many.
    line = models.PositiveIntegerField(null=True)
    name = models.CharField(max_length=200)
    # edited, in_use, merged, taken: worded for the reader when shown.
    reason = models.CharField(max_length=12)
    # {"fields": ["phone"], "by": 7, "at": "…"}
    params = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
