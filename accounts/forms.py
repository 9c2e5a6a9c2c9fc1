"""What people type about companies and their people: one form per action, cleaned where every door cleans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import companies, contacts
from accounts.models import Company, Contact, Division, Site
from crm.lib import phones
from staff.models import Team, User


class Cleaning(forms.Form):
    """Runs the values through the domain's `clean`, so that its refusals stand at their fields."""

    cleaner: Callable[[dict[str, Any]], dict[str, Any]]
    not_values: tuple[str, ...] = ()
    # Where one field of the form becomes several of the record.
    stands_for = {"name": ("family_name", "given_name"), "address": ("prefecture", "city", "street")}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = {name: value for name, value in data.items() if name not in self.not_values}
        try:
            data["values"] = type(self).cleaner(given)
        except ValidationError as problem:
            for name, messages in problem.message_dict.items():
                self.add_error(self._field_of(name), messages)
        return data

    def _field_of(self, name: str) -> str | None:
        wider = [field for field, names in self.stands_for.items() if name in names]
        return next((field for field in [name, *wider] if field in self.fields), None)


class NewCompanyForm(Cleaning):
    """Five fields at most: the rest is asked when it is needed."""

    cleaner = staticmethod(companies.clean)
    not_values = ("is_another",)

    name = forms.CharField(label=_("Company name"), max_length=200)
    corporate_number = forms.CharField(label=_("Corporate number"), max_length=30, required=False)
    phone = forms.CharField(label=_("Phone number"), max_length=40, required=False)
    domain = forms.CharField(label=_("Web site or mail address"), max_length=200, required=False)
    address = forms.CharField(label=_("Address"), max_length=250, required=False)
    # Asked only when the company seems to be there already.
    is_another = forms.BooleanField(label=_("It is another company"), required=False)


# What is edited together, by the name of the fact.
COMPANY_FACTS = {
    "name": ("name", "kana", "latin_name"),
    "corporate_number": ("corporate_number",),
    "industry": ("industry",),
    "employees": ("employees",),
    "phone": ("phone",),
    "domain": ("domain",),
    "address": ("postal_code", "prefecture", "city", "street"),
    "owner": ("owner",),
    "notes": ("notes",),
}
CONTACT_FACTS = {
    "name": ("family_name", "given_name", "family_kana", "given_kana"),
    "work": ("department", "title", "decision_role"),
    "place": ("division", "site"),
    "email": ("email",),
    "phone": ("phone",),
    "mobile": ("mobile",),
    "notes": ("notes",),
}


class FactForm(Cleaning):
    """One fact of a record: its fields with what the person saw when they began (`base-…`)."""

    model: type[Company] | type[Contact]

    def __init__(self, fields: tuple[str, ...], record: Any, data: Any = None) -> None:
        super().__init__(data)
        for name in fields:
            self.fields[name] = self.field_for(name, record)
            if data is None:
                value = getattr(record, name)
                self.initial[name] = phones.national(value) if name in ("phone", "mobile") else value
        self.record = record
        if self.only:
            self._label_by_the_fact()

    @property
    def only(self) -> forms.BoundField | None:
        """The field of a fact that has just one: the fact's own label stands beside it."""
        bound = self.visible_fields()
        return bound[0] if len(bound) == 1 else None

    def _label_by_the_fact(self) -> None:
        [(name, field)] = self.fields.items()
        kind = (
            "textarea"
            if isinstance(field.widget, forms.Textarea)
            else "select"
            if isinstance(field.widget, forms.Select)
            else "input"
        )
        field.widget.attrs.update({"class": kind, "aria-label": field.label, "autofocus": True})
        if self.is_bound and self[name].errors:
            described = {"aria-invalid": "true", "aria-describedby": f"{self[name].auto_id}-error"}
            field.widget.attrs.update(described)

    def field_for(self, name: str, record: Any) -> forms.Field:
        column: Any = self.model._meta.get_field(name)
        if name == "notes":
            return forms.CharField(
                label=column.verbose_name, required=False, widget=forms.Textarea({"rows": 4})
            )
        field: forms.Field = column.formfield(required=not column.blank)
        if name in ("phone", "mobile", "domain", "postal_code", "corporate_number", "email"):
            # The domain takes any spelling, longer than what is stored.
            return forms.CharField(label=column.verbose_name, max_length=200, required=False)
        return field

    def base(self) -> dict[str, Any]:
        """What the person saw; what the form does not carry, or nobody can have seen, counts as what is there."""
        seen: dict[str, Any] = {}
        for name, field in self.fields.items():
            raw = self.data.get(f"base-{name}")
            if raw is not None:
                try:
                    seen |= type(self).cleaner({name: field.to_python(raw)})
                except ValidationError:
                    seen[name] = getattr(self.record, name)
        return seen

    def seen(self) -> list[tuple[str, Any]]:
        """(name, value) of the hidden fields that carry the base."""
        return [(f"base-{name}", _plain(getattr(self.record, name))) for name in self.fields]


def _plain(value: Any) -> Any:
    return "" if value is None else getattr(value, "pk", value)


class CompanyFactForm(FactForm):
    cleaner = staticmethod(companies.clean)
    model = Company

    def field_for(self, name: str, record: Any) -> forms.Field:
        field = super().field_for(name, record)
        if name == "owner":
            field.queryset = User.objects.people()  # type: ignore[attr-defined]
        return field


class ContactFactForm(FactForm):
    cleaner = staticmethod(contacts.clean)
    model = Contact

    def field_for(self, name: str, record: Any) -> forms.Field:
        field = super().field_for(name, record)
        if name in ("division", "site"):
            places = Division if name == "division" else Site
            field.queryset = places.objects.filter(company=record.company_id)  # type: ignore[attr-defined]
        return field


class DivisionForm(forms.Form):
    name = forms.CharField(label=_("Division"), max_length=120)


class SiteForm(Cleaning):
    cleaner = staticmethod(companies.clean)
    not_values = ("name", "division")

    name = forms.CharField(label=_("Site"), max_length=120)
    division = forms.ModelChoiceField(
        Division.objects.none(), label=_("Division"), required=False, empty_label="—"
    )
    phone = forms.CharField(label=_("Phone number"), max_length=40, required=False)
    address = forms.CharField(label=_("Address"), max_length=250, required=False)

    def __init__(self, company: Company, data: Any = None) -> None:
        super().__init__(data)
        self.fields["division"].queryset = company.divisions.active()  # type: ignore[attr-defined]


class NewContactForm(Cleaning):
    """Name, place and how to reach them; the rest later."""

    cleaner = staticmethod(contacts.clean)

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Family name and given name with a space")
    )
    title = forms.CharField(label=_("Title"), max_length=80, required=False)
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), required=False, empty_label="—")
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    mobile = forms.CharField(label=_("Mobile"), max_length=40, required=False)

    def __init__(self, company: Company, data: Any = None) -> None:
        super().__init__(data)
        self.fields["site"].queryset = company.sites.active()  # type: ignore[attr-defined]


class AccessForm(forms.Form):
    """Who sees the company: everyone, or those named and their teams."""

    is_restricted = forms.BooleanField(label=_("Only the people named here see it"), required=False)
    people = forms.ModelMultipleChoiceField(User.objects.none(), label=_("People"), required=False)
    teams = forms.ModelMultipleChoiceField(Team.objects.none(), label=_("Teams"), required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["people"].queryset = User.objects.people()  # type: ignore[attr-defined]
        self.fields["teams"].queryset = Team.objects.all()  # type: ignore[attr-defined]
