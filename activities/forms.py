from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Company
from activities.models import ActivityKind, TextVersion
from crm.lib import workdays
from pipeline.fields import DayField
from pipeline.models import ExitCriterion
from staff import roles
from staff.models import Role, User

LONGEST = 20_000


# How a call ended; only the first is a contact.
RESULTS = (
    ("reached", gettext_lazy("Reached"), "check"),
    ("callback", gettext_lazy("Will call back"), "repeat"),
    ("absent", gettext_lazy("Not there"), "x"),
)
_RESULT_CHOICES = [(value, label) for value, label, _icon in RESULTS]


def days_ahead(today: date) -> list[date]:
    """The days that are offered for what comes next: the next business day, three and five business days on."""
    return [workdays.add(today, n) for n in (1, 3, 5)]


class FutureDay(DayField):
    """A day from today on."""

    def clean(self, value: Any) -> date | None:
        day = super().clean(value)
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("Choose today or a later day."))
        return day


class LogForm(forms.Form):
    """What the quick log asks. `next_on` beats `next_day`, the day of a chip; `written_at` comes from a phone that was offline."""

    LONGEST_KEPT = timedelta(days=31)

    kind = forms.ChoiceField(choices=ActivityKind.choices, initial=ActivityKind.CALL, required=False)
    result = forms.ChoiceField(
        label=gettext_lazy("Result"), choices=_RESULT_CHOICES, initial="reached", required=False
    )
    body = forms.CharField(label=gettext_lazy("Memo"), max_length=LONGEST, required=False)
    next_kind = forms.ChoiceField(
        label=gettext_lazy("Next"),
        choices=[("", gettext_lazy("None")), *ActivityKind.choices],
        required=False,
    )
    next_title = forms.CharField(max_length=160, required=False)
    next_day = DayField(required=False)
    next_on = DayField(label=gettext_lazy("Day"), required=False)
    written_at = forms.DateTimeField(required=False)

    def clean_written_at(self) -> datetime | None:
        """When it was written: never ahead of our clock, and not longer ago than a phone keeps it."""
        at: datetime | None = self.cleaned_data["written_at"]
        if at is not None and at < timezone.now() - self.LONGEST_KEPT:
            raise forms.ValidationError(_("This was written more than a month ago."))
        return min(at, timezone.now()) if at else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day = cleaned.get("next_on") or cleaned.get("next_day")
        if cleaned.get("next_kind") and day is None and "next_on" not in self.errors:
            self.add_error("next_on", _("Choose the day of the next action."))
        # What a phone sends late may plan a day that has passed since: then it is overdue, and not lost.
        written = cleaned.get("written_at")
        if day is not None and day < (timezone.localdate(written) if written else timezone.localdate()):
            self.add_error("next_on", _("Choose today or a later day."))
        return cleaned

    def as_arguments(self) -> dict[str, Any]:
        """For `log_activity`."""
        data = self.cleaned_data
        result = data["result"] or "reached"
        body = data["body"]
        if result != "reached":
            # The timeline says how it ended, in the words of whoever wrote it.
            body = "\n".join(filter(None, [str(dict(_RESULT_CHOICES)[result]), body]))
        wanted = bool(data["next_kind"])
        return {
            "kind": data["kind"] or ActivityKind.CALL,
            "reached": result == "reached",
            "body": body,
            "at": data["written_at"],
            "next_title": data["next_title"] if wanted else "",
            "next_kind": data["next_kind"],
            "next_on": (data.get("next_on") or data.get("next_day")) if wanted else None,
        }


class ComposeForm(forms.Form):
    """A memo, or something done, written down beside the timeline."""

    KINDS = (
        (ActivityKind.MEMO, "edit"),
        (ActivityKind.CALL, "phone"),
        (ActivityKind.MEETING, "users"),
        (ActivityKind.VISIT, "visit"),
        (ActivityKind.MAIL, "mail"),
        (ActivityKind.PROPOSAL, "doc"),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=ActivityKind.choices, initial=ActivityKind.MEMO
    )
    body = forms.CharField(label=gettext_lazy("Memo"), max_length=LONGEST, required=False)
    # The version of the template that it was begun with.
    text = forms.ModelChoiceField(TextVersion.objects, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == ActivityKind.MEMO and not (cleaned.get("body") or "").strip():
            self.add_error("body", _("Write what you want to keep."))
        return cleaned


class TodoForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("The todo"), max_length=160)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=ActivityKind.choices, initial=ActivityKind.CALL, required=False
    )
    due_on = FutureDay(label=gettext_lazy("Due"))
    # What the gate asks to be asked later; only a form of the gate carries it.
    criterion = forms.ModelChoiceField(ExitCriterion.objects, required=False, widget=forms.HiddenInput)

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or ActivityKind.CALL


class DueForm(forms.Form):
    """Another day for a todo: one of the offered ones, or any that is typed."""

    day = FutureDay(required=False)
    due_on = FutureDay(label=gettext_lazy("Another day"), required=False)
    seen = forms.IntegerField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["wanted"] = cleaned.get("due_on") or cleaned.get("day")
        if cleaned["wanted"] is None and not self.errors:
            self.add_error("due_on", _("Choose a day."))
        return cleaned


class HandoverForm(forms.Form):
    """Which of somebody's accounts (these, or all that are shown), to whom, and a word with them."""

    companies = forms.ModelMultipleChoiceField(
        Company.objects.none(), label=gettext_lazy("Accounts"), required=False,
        error_messages={
            "invalid_choice": gettext_lazy("Somebody has taken one of these accounts meanwhile. Choose anew."),
            "invalid_pk_value": gettext_lazy("Somebody has taken one of these accounts meanwhile. Choose anew."),
        },
    )  # fmt: skip
    everything = forms.BooleanField(required=False)
    taker = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("New owner"), empty_label="—")
    note = forms.CharField(
        label=gettext_lazy("What they should know"), max_length=5000, required=False,
        widget=forms.Textarea({"rows": 4}),
    )  # fmt: skip

    def __init__(
        self, theirs: QuerySet[Company], shown: QuerySet[Company], owner: User, data: Any = None
    ) -> None:
        super().__init__(data)
        self.shown, self.owner = shown, owner
        fields: Any = self.fields
        fields["companies"].queryset = theirs
        sellers = [role for role in Role.values if role in roles.CAPABILITIES["sell"]]
        fields["taker"].queryset = User.objects.people().filter(role__in=sellers).select_related("team")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("taker") == self.owner:
            self.add_error("taker", _("They have these accounts already."))
        if cleaned.get("everything"):
            self.errors.pop("companies", None)
            cleaned["companies"] = self.shown
        if "companies" not in self.errors and not cleaned["companies"].exists():
            self.add_error("companies", _("Choose at least one account."))
        return cleaned
