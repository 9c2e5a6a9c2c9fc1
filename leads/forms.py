from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Channel
from crm.lib import names, phones, workdays
from crm.lib.addresses import PREFECTURES
from crm.lib.text import clean_text
from leads import assignment
from leads.models import AssignmentRule, FirstContactRule, Lead
from pipeline.fields import MoneyField
from staff.custom.forms import FirstForm
from staff.models import User

# One text each, so that catalogues and badges use the same words.
UNITS = {
    workdays.Unit.BUSINESS_DAYS: gettext_lazy("counted over business days"),
    workdays.Unit.WORKING_HOURS: gettext_lazy("counted over working hours"),
    workdays.Unit.CALENDAR: gettext_lazy("counted over all hours"),
}


class Text(forms.CharField):
    """Text that is safe to store; what is left of it must satisfy the field."""

    def clean(self, value: Any) -> str:
        text = clean_text(super().clean(value)).strip()
        self.validate(text)
        return text


class PhoneField(Text):
    """A phone number in any usual spelling, stored as E.164."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        number = phones.to_e164(text) if text else ""
        if text and not number:
            raise forms.ValidationError(_("This is no phone number. Enter it as 045-201-3344."))
        return number

    def prepare_value(self, value: Any) -> Any:
        return phones.national(value) if isinstance(value, str) and value.startswith("+") else value


class Seen(forms.JSONField):
    """What the person saw, as JSON; Python refuses what is nested too deep, and numbers of thousands of digits, in its own way."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (RecursionError, ValueError):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except (RecursionError, ValueError):
            return initial


class NewLeadForm(FirstForm):
    """Five fields. `reach` takes a mail address or a phone number, whichever is at hand."""

    subject, firm = "lead", ("company_name", "person", "reach", "channel")

    company_name = Text(label=gettext_lazy("Company"), max_length=200, required=False)
    person = Text(label=gettext_lazy("Name of the person"), max_length=80, required=False)
    reach = Text(label=gettext_lazy("Phone or e-mail"), max_length=254, required=False)
    channel = forms.ModelChoiceField(
        label=gettext_lazy("Channel"), queryset=Channel.objects.filter(is_active=True), empty_label=""
    )
    interest = Text(
        label=gettext_lazy("What they ask"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_own()

    def clean_reach(self) -> str:
        reach = self.cleaned_data["reach"].strip()
        if not reach:
            return ""
        if "@" in reach:
            validate_email(reach)
        elif not phones.to_e164(reach):
            raise forms.ValidationError(_("This is neither a phone number nor a mail address."))
        return reach

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not (
            cleaned.get("company_name") or cleaned.get("person") or "@" in cleaned.get("reach", "")
        ):
            self.add_error("company_name", _("Enter a company, a person or a mail address."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """For `receive_lead`."""
        data = self.cleaned_data
        person = names.split_person(data["person"])
        reach = data["reach"]
        return {
            "company_name": data["company_name"],
            "family_name": person[0],
            "given_name": person[1],
            "email" if "@" in reach else "phone": reach,
            "interest": data["interest"],
        }


class LeadForm(forms.Form):
    """What people correct. `base` carries what they saw, so that nobody's change is lost."""

    company_name = Text(label=gettext_lazy("Company"), max_length=200, required=False)
    company_kana = Text(label=gettext_lazy("Kana of the company"), max_length=200, required=False)
    family_name = Text(label=gettext_lazy("Family name"), max_length=40, required=False)
    given_name = Text(label=gettext_lazy("Given name"), max_length=40, required=False)
    department = Text(label=gettext_lazy("Department"), max_length=80, required=False)
    title = Text(label=gettext_lazy("Title"), max_length=80, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    phone = PhoneField(label=gettext_lazy("Phone number"), max_length=40, required=False)
    industry = Text(label=gettext_lazy("Industry"), max_length=40, required=False)
    employees = forms.IntegerField(
        label=gettext_lazy("Employees"), min_value=0, max_value=2_000_000, required=False
    )
    prefecture = Text(label=gettext_lazy("Prefecture"), max_length=4, required=False)
    city = Text(label=gettext_lazy("City"), max_length=60, required=False)
    interest = Text(
        label=gettext_lazy("What they ask"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    base = Seen(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not (cleaned["company_name"] or cleaned["family_name"] or cleaned["email"]):
            self.add_error("company_name", _("Enter a company, a person or a mail address."))
        base = cleaned.get("base")
        cleaned["base"] = base if isinstance(base, dict) else {}
        return cleaned

    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "base"}


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(
        label=gettext_lazy("In charge"),
        queryset=User.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs={"class": "select"}),
    )

    def __init__(self, *args: Any, offered: list[User] | None = None, **kwargs: Any) -> None:
        """`offered` are the people to choose from, where the page has read them already."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["owner"]
        field.queryset = assignment.takers()
        if offered is not None:
            field.choices = [(person.pk, person.full_name) for person in offered]


class DisqualifyForm(forms.Form):
    reason = Text(
        label=gettext_lazy("Reason"), max_length=120, widget=forms.TextInput(attrs={"class": "input"})
    )


class ConvertForm(forms.Form):
    """What the first stage asks beyond what the lead knows. `company` is an id, or "new"."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    company = Text(required=False)
    company_name = Text(label=gettext_lazy("Company"), max_length=200, required=False)
    deal_name = Text(label=gettext_lazy("Name of the deal"), max_length=120)
    amount = MoneyField(label=gettext_lazy("Amount"), required=False)

    def __init__(self, *args: Any, lead: Lead, questions: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead = lead
        self.questions = questions
        for criterion in questions:
            self.fields[f"answer_{criterion.pk}"] = Text(
                label=str(criterion),
                help_text=criterion.question,
                required=False,
                max_length=4000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def answer_fields(self) -> list[Any]:
        return [self[f"answer_{criterion.pk}"] for criterion in self.questions]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (
            not self.lead.company_name
            and not cleaned.get("company", "").isdecimal()
            and not cleaned.get("company_name")
        ):
            self.add_error("company_name", _("A deal needs a company. Enter its name."))
        return cleaned

    def answers(self) -> dict[Any, str]:
        """Criterion → what was typed for it."""
        return {
            c: self.cleaned_data[f"answer_{c.pk}"]
            for c in self.questions
            if self.cleaned_data[f"answer_{c.pk}"]
        }


class ClockForm(forms.Form):
    hours = forms.IntegerField(label=gettext_lazy("Hours"), min_value=1, max_value=720)
    unit = forms.ChoiceField(label=gettext_lazy("Counted"), choices=list(UNITS.items()))


class AssignmentRuleForm(forms.ModelForm):
    """`prefectures` are typed with commas between them; none means any."""

    prefectures = Text(label=gettext_lazy("Prefectures"), max_length=300, required=False)
    industries = Text(label=gettext_lazy("Words in the industry"), max_length=300, required=False)

    class Meta:
        model = AssignmentRule
        fields = ["name", "prefectures", "industries", "channel", "people", "position", "is_active"]
        labels = {
            "channel": gettext_lazy("Channel"),
            "people": gettext_lazy("People"),
            "position": gettext_lazy("Order"),
            "is_active": gettext_lazy("In use"),
        }
        widgets = {"people": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = assignment.takers()  # type: ignore[attr-defined]
        for name in ("prefectures", "industries"):
            self.initial[name] = "、".join(getattr(self.instance, name) or [])

    def clean_prefectures(self) -> list[str]:
        found = _split(self.cleaned_data["prefectures"])
        wrong = [name for name in found if name not in PREFECTURES]
        if wrong:
            raise forms.ValidationError(
                _("These are no prefectures: %(names)s.") % {"names": "、".join(wrong)}
            )
        return found

    def clean_industries(self) -> list[str]:
        return [word[:40] for word in _split(self.cleaned_data["industries"])]


def _split(text: str) -> list[str]:
    for comma in "、，\n":
        text = text.replace(comma, ",")
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def clock_words(rule: FirstContactRule) -> str:
    """48時間（営業日で数える）"""
    return _("%(hours)s hours, %(unit)s") % {
        "hours": rule.hours,
        "unit": UNITS[workdays.Unit(rule.unit)],
    }
