"""The shapes of what people type about deals: one form an action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Channel, Company, Contact, Division, Site
from crm.lib.text import clean_text
from pipeline import exit_criteria, own_values
from pipeline.fields import DayField, MoneyField
from pipeline.models import Deal, ExitCriterion, InFlight, LossReason, Pipeline, SavedView, WinReason
from pipeline.way import Way
from staff.custom.forms import add_to, form_field
from staff.custom.values import fields_of as custom_fields_of
from staff.fields import UploadField
from staff.files import FileKind
from staff.models import CustomField, Team, User


class Text(forms.CharField):
    """A line of text, safe to store."""

    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "").strip()


def fact_field(deal: Deal, name: str) -> forms.Field:
    """The form field of one field of the deal, with its label and what may be chosen."""
    made: dict[str, Any] = {
        "name": lambda: Text(max_length=120),
        "amount": lambda: MoneyField(required=False),
        "budget": lambda: MoneyField(required=False),
        "close_on": lambda: DayField(required=False),
        "wanted_on": lambda: DayField(required=False),
        "competitor": lambda: Text(max_length=80, required=False),
        "contact": lambda: forms.ModelChoiceField(
            contacts_of(deal.company_id), required=False, empty_label=""
        ),
        "division": lambda: forms.ModelChoiceField(
            Division.objects.filter(company=deal.company_id), required=False, empty_label=""
        ),
        "site": lambda: forms.ModelChoiceField(
            Site.objects.filter(company=deal.company_id), required=False, empty_label=""
        ),
        "channel": lambda: forms.ModelChoiceField(
            Channel.objects.filter(is_active=True), required=False, empty_label=""
        ),
        "forecast_category": lambda: forms.ChoiceField(choices=Deal.ForecastCategory.choices),
    }
    field: forms.Field = made[name]()
    field.label = Deal._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    return field


# What the deal's page edits in place.
FACTS = (
    "name", "amount", "budget", "close_on", "wanted_on", "competitor", "contact", "channel", "division", "site",
    "forecast_category",
)  # fmt: skip


def contacts_of(company_id: int) -> Any:
    return Contact.objects.filter(company=company_id, merged_into=None, deleted_at=None).order_by(
        "family_kana", "pk"
    )


class FactForm(forms.Form):
    """One field of the deal, with the value it had when the person began (`base`)."""

    def __init__(self, deal: Deal, name: str, data: Any = None) -> None:
        value = getattr(deal, name)
        super().__init__(data, initial={name: value, "base": value})
        self.fields[name] = fact_field(deal, name)
        base = fact_field(deal, name)
        base.required, base.widget = False, forms.HiddenInput()
        self.fields["base"] = base
        self.fact = name

    @property
    def typed(self) -> forms.BoundField:
        return self[self.fact]

    @property
    def changes(self) -> dict[str, Any]:
        return {self.fact: self.cleaned_data[self.fact]}

    @property
    def base(self) -> dict[str, Any]:
        return {self.fact: self.cleaned_data["base"]}


class ProbabilityForm(forms.Form):
    """One's own probability with the reason for it; empty goes back to that of the stage."""

    own_probability = forms.IntegerField(
        min_value=0, max_value=100, required=False, label=gettext_lazy("Own probability (%)")
    )
    own_probability_reason = Text(max_length=120, required=False, label=gettext_lazy("Why"))
    base = forms.IntegerField(required=False, widget=forms.HiddenInput)
    base_reason = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    @classmethod
    def of(cls, deal: Deal) -> ProbabilityForm:
        own, reason = deal.own_probability, deal.own_probability_reason
        return cls(
            initial={
                "own_probability": own, "own_probability_reason": reason, "base": own, "base_reason": reason
            }
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A number of one's own is worth its reason; without a number there is nothing to give reasons for."""
        found = self.cleaned_data
        if found.get("own_probability") is None:
            found["own_probability_reason"] = ""
        elif not found.get("own_probability_reason") and "own_probability" not in self.errors:
            self.add_error("own_probability_reason", _("Write in a word why it differs from the stage."))
        return found

    @property
    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("own_probability", "own_probability_reason")}

    @property
    def base_values(self) -> dict[str, Any]:
        return {
            "own_probability": self.cleaned_data["base"],
            "own_probability_reason": self.cleaned_data["base_reason"],
        }


class FillForm(forms.Form):
    """A field for each criterion that can be met by writing or attaching something."""

    def __init__(
        self, deal: Deal, criteria: Iterable[ExitCriterion], by: User, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        criteria = list(criteria)
        own = own_values.asked_by(criteria)
        self.criteria = {f"c{c.pk}": c for c in criteria if can_be_filled(c, own, deal, by)}
        for name, criterion in self.criteria.items():
            self.fields[name] = _criterion_field(deal, criterion, own.get(criterion.field))
            if needs_evidence(criterion):
                self.fields[f"{name}-evidence"] = Text(max_length=2000, required=False)

    def clean(self) -> dict[str, Any]:
        """An answer that counts only with its evidence is not half taken."""
        for name, criterion in self.criteria.items():
            has_answer, has_words = self.cleaned_data.get(name), self.cleaned_data.get(f"{name}-evidence")
            if needs_evidence(criterion) and has_answer and not has_words:
                self.add_error(name, _("Also write who said it, and when."))
        return self.cleaned_data

    @property
    def evidence(self) -> dict[ExitCriterion, str]:
        """Criterion → the words in which its answer was heard."""
        texts = {c: self.cleaned_data.get(f"{name}-evidence", "") for name, c in self.criteria.items()}
        return {c: text for c, text in texts.items() if text}

    @property
    def found(self) -> dict[ExitCriterion, Any]:
        """Criterion → what was typed for it; empty ones are left out."""
        values = {c: self.cleaned_data.get(name) for name, c in self.criteria.items()}
        return {c: value for c, value in values.items() if value not in (None, "")}

    @property
    def rows(self) -> list[tuple[ExitCriterion, forms.BoundField, forms.BoundField | None]]:
        return [
            (c, self[name], self[f"{name}-evidence"] if needs_evidence(c) else None)
            for name, c in self.criteria.items()
        ]


def needs_evidence(criterion: ExitCriterion) -> bool:
    return criterion.kind == ExitCriterion.Kind.QUESTION and criterion.needs_evidence


def can_be_filled(criterion: ExitCriterion, own: Mapping[str, CustomField], deal: Deal, user: User) -> bool:
    """Questions, fields and files. What is done elsewhere (a talk, an approval, a removal) is not typed here, nor is a
    field of a company that the person may not change.
    """
    kind = ExitCriterion.Kind
    if criterion.kind == kind.FIELD:
        field = own.get(criterion.field)
        return criterion.field in FACTS or (field is not None and own_values.is_filled_by(user, deal, field))
    return criterion.kind in (kind.QUESTION, kind.FILE)


def _criterion_field(deal: Deal, criterion: ExitCriterion, own: CustomField | None) -> forms.Field:
    kind = ExitCriterion.Kind
    if own:
        field = form_field(own)
    elif criterion.kind == kind.FIELD:
        field = fact_field(deal, criterion.field)
        # Filled in already, but not as the condition asks.
        field.initial = getattr(deal, criterion.field)
    elif criterion.kind == kind.FILE:
        field = UploadField()
    else:
        field = Text(max_length=2000)
    field.required = False
    field.label = str(criterion)
    return field


class MoveForm(forms.Form):
    """Where the deal goes, the version the person saw, and the words that going back or passing without criteria ask for."""

    to = forms.TypedChoiceField(label=gettext_lazy("Stage"))
    seen = forms.IntegerField(widget=forms.HiddenInput)
    waiver = Text(max_length=200, required=False, label=gettext_lazy("Why it may pass"))
    reason = Text(max_length=200, required=False, label=gettext_lazy("Why it goes back"))

    def __init__(self, way: Way, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        to.choices = [(stage.pk, str(stage)) for stage in way.current]
        to.coerce = lambda pk: way.stage(int(pk))


class WinForm(forms.Form):
    """Why a deal was won: nothing is required, each answer sharpens the comparison."""

    win_reason = forms.ModelChoiceField(
        WinReason.objects.filter(is_active=True), required=False, label=gettext_lazy("Main reason")
    )
    note = Text(max_length=2000, required=False, label=gettext_lazy("In a word"))


class ReasonForm(forms.Form):
    """A reason by its two names."""

    name_ja = Text(max_length=60, label=gettext_lazy("name (Japanese)"))
    name_en = Text(max_length=60, label=gettext_lazy("name (English)"))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @property
    def names(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name_ja", "name_en")}


class LossForm(forms.Form):
    """Why a deal was lost: the reason is required, the rest helps the next one."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.ModelChoiceField(
        LossReason.objects.filter(is_active=True),
        label=gettext_lazy("Main reason"),
        error_messages={"required": gettext_lazy("Choose the main reason.")},
    )
    competitor = Text(max_length=80, required=False, label=gettext_lazy("Who won it"))
    call_again_on = DayField(required=False, label=gettext_lazy("Call again on"))
    note = Text(max_length=2000, required=False, label=gettext_lazy("In a word"))

    def clean_call_again_on(self) -> Any:
        day = self.cleaned_data["call_again_on"]
        if day and day <= timezone.localdate():
            raise forms.ValidationError(_("The day to call again must be after today."))
        return day


class OwnerForm(forms.Form):
    """To whom the deal goes."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    owner = forms.ModelChoiceField(User.objects.none(), label=pgettext_lazy("deal", "Owner"), empty_label="—")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sellers = User.objects.people().exclude(role=User.Role.EXECUTIVE)
        self.fields["owner"].queryset = sellers  # type: ignore[attr-defined]


class NewDealForm(forms.Form):
    """The five fields that the first entry asks for."""

    company = forms.ModelChoiceField(
        Company.objects.none(),
        label=gettext_lazy("Company"),
        error_messages={"required": gettext_lazy("Choose the company.")},
    )
    name = Text(
        max_length=120,
        label=gettext_lazy("Deal name"),
        error_messages={"required": gettext_lazy("Enter what it is about.")},
    )
    contact = forms.ModelChoiceField(
        Contact.objects.none(), required=False, empty_label="", label=gettext_lazy("Main contact")
    )
    amount = MoneyField(required=False, label=gettext_lazy("Rough amount"))
    close_on = DayField(required=False, label=gettext_lazy("Expected close"))

    def __init__(self, user: User, data: Any = None, *, company: Company | None = None) -> None:
        super().__init__(data, initial={"company": company})
        # What an administrator requires from the beginning takes the place of what is asked and not required.
        self.own = [field for field in custom_fields_of("deal") if field.is_required]
        add_to(self, self.own)
        self.fields["company"].queryset = Company.objects.visible_to(user).active()  # type: ignore[attr-defined]
        chosen = company.pk if company else (data or {}).get("company")
        if str(chosen or "").isdecimal() and len(str(chosen)) < 19:
            self.fields["contact"].queryset = contacts_of(int(str(chosen))).visible_to(user)  # type: ignore[attr-defined]

    def clean_close_on(self) -> Any:
        day = self.cleaned_data["close_on"]
        if day and day <= timezone.localdate():
            raise forms.ValidationError(_("Expected close must be after today."))
        return day

    @property
    def facts(self) -> dict[str, Any]:
        """What a new deal begins with, besides the company's own fields."""
        return {
            name: self.cleaned_data[name] for name in ("company", "name", "contact", "amount", "close_on")
        }

    @property
    def own_rows(self) -> list[forms.BoundField]:
        return [self[field.key] for field in self.own]

    @property
    def asked_rest(self) -> list[forms.BoundField]:
        """Optional fields that still fit into the first five."""
        return self._rest[: self._room]

    @property
    def folded_rest(self) -> list[forms.BoundField]:
        """Those that do not fit any more: they can wait, together with the person."""
        return self._rest[self._room :]

    @property
    def _rest(self) -> list[forms.BoundField]:
        return [self["amount"], self["close_on"]]

    @property
    def _room(self) -> int:
        return max(0, 3 - len(self.own))


class DraftStageForm(forms.Form):
    """One stage of the draft."""

    name_ja = Text(max_length=60, label=gettext_lazy("name (Japanese)"))
    name_en = Text(max_length=60, label=gettext_lazy("name (English)"))
    probability = forms.IntegerField(min_value=0, max_value=100, label=gettext_lazy("probability"))
    patience_days = forms.IntegerField(min_value=1, max_value=999, label=gettext_lazy("days until stalled"))


class NumberField(forms.DecimalField):
    """1,000,000 / 100万 / 10: a number of yen, or of characters."""

    widget = forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off", "class": "input num"})

    def to_python(self, value: Any) -> Any:
        return MoneyField(required=False).clean(value)


class DraftCriterionForm(forms.Form):
    """One criterion of the draft. What its kind does not ask about is left aside."""

    name_ja = Text(max_length=60, label=gettext_lazy("name (Japanese)"))
    name_en = Text(max_length=60, label=gettext_lazy("name (English)"))
    kind = forms.ChoiceField(choices=ExitCriterion.Kind.choices, label=gettext_lazy("Counts as met when"))
    field = forms.ChoiceField(required=False, label=gettext_lazy("Field"))
    condition = forms.ChoiceField(
        choices=ExitCriterion.Condition.choices, required=False, label=gettext_lazy("Condition")
    )
    threshold = NumberField(required=False, label=gettext_lazy("Limit"))
    activity_kinds = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label=gettext_lazy("One of these activities")
    )
    file_kind = forms.ChoiceField(required=False, label=gettext_lazy("Kind of file"))
    needs_evidence = forms.BooleanField(required=False, label=gettext_lazy("only with who said it, and when"))
    is_required = forms.BooleanField(required=False, initial=True, label=gettext_lazy("required"))
    question_ja = Text(max_length=120, required=False, label=gettext_lazy("how to ask (Japanese)"))
    question_en = Text(max_length=120, required=False, label=gettext_lazy("how to ask (English)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["field"].choices = [("", "—"), *exit_criteria.field_labels().items()]
        fields["activity_kinds"].choices = list(exit_criteria.ACTIVITY_KINDS.items())
        fields["file_kind"].choices = [("", "—"), *FileKind.choices]

    def clean(self) -> dict[str, Any]:
        """What the kind asks about is there, and fits together; the rest is emptied."""
        found, kinds = self.cleaned_data, ExitCriterion.Kind
        kind = found.get("kind")
        for name, of_kinds in _ASKED_OF.items():
            if kind not in of_kinds:
                found[name] = _NOTHING[name]
        if kind == kinds.FIELD:
            self._needs("field", _("Choose the field."))
            self._clean_condition()
        elif kind == kinds.ACTIVITY:
            self._needs("activity_kinds", _("Choose at least one activity."))
        elif kind == kinds.FILE:
            self._needs("file_kind", _("Choose the kind of file."))
        elif kind == kinds.ABSENCE:
            named = [name for name in ("field", "activity_kinds", "file_kind") if found.get(name)]
            if len(named) != 1:
                self.add_error(
                    "kind", _("Choose one thing that must not be there: a field, activities or a file.")
                )
        return found

    def _needs(self, name: str, problem: str) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, problem)

    def _clean_condition(self) -> None:
        found, condition = self.cleaned_data, ExitCriterion.Condition
        asked = found.get("condition")
        if not asked:
            found["threshold"] = None
            return
        if not exit_criteria.has_condition(str(found.get("field")), is_length=asked == condition.LENGTH):
            self.add_error("condition", _("This field has no such condition."))
        self._needs("threshold", _("Enter the number."))

    @property
    def document(self) -> dict[str, Any]:
        """The values as a draft keeps them."""
        return {name: self.cleaned_data[name] for name in self.fields}


_ASKED_OF = {
    "field": ("field", "absence"),
    "condition": ("field",),
    "threshold": ("field",),
    "activity_kinds": ("activity", "absence"),
    "file_kind": ("file", "absence"),
    "needs_evidence": ("question",),
}
_NOTHING: dict[str, Any] = {
    "field": "", "condition": "", "threshold": None, "activity_kinds": [], "file_kind": "", "needs_evidence": False,
}  # fmt: skip


class ViewForm(forms.Form):
    """The name of a filter that is kept; managers may share it with their team."""

    name = Text(max_length=40, label=gettext_lazy("name"))
    shared = forms.BooleanField(required=False, label=gettext_lazy("everyone of my team sees it"))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not SavedView.may_share(user):
            del self.fields["shared"]


class PublishForm(forms.Form):
    """From which day, and what it asks of the deals that are on their way."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    starts_on = DayField(label=gettext_lazy("Holds from"))
    in_flight = forms.ChoiceField(
        choices=InFlight.choices,
        initial=InFlight.KEEP,
        widget=forms.RadioSelect,
        label=gettext_lazy("Deals that are on their way"),
    )
    note = Text(max_length=200, required=False, label=gettext_lazy("Why"))

    def clean_starts_on(self) -> Any:
        day = self.cleaned_data["starts_on"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("The day must not be in the past."))
        return day


class PipelineForm(forms.Form):
    """Names of a pipeline, what it begins as, and the teams whose new deals enter it."""

    name_ja = Text(max_length=60, label=gettext_lazy("name (Japanese)"))
    name_en = Text(max_length=60, label=gettext_lazy("name (English)"))
    copy_of = forms.ModelChoiceField(
        Pipeline.objects.order_by("-is_default", "pk"),
        empty_label=None,
        label=gettext_lazy("Begins as a copy of"),
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.order_by("path"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Teams that work with it"),
    )
