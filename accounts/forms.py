"""What people type about companies and their people: one form per action, cleaned where every door cleans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import companies, contacts, known_by
from accounts.models import Company, Contact, Division, Site
from crm.lib import corporate_numbers, names, phones
from crm.lib.day_field import DayField
from crm.lib.text import clean_text
from staff.custom.forms import FirstForm
from staff.models import Team, User


class Cleaning(forms.Form):
    """Runs the values through the domain's `clean`, so that its refusals stand at their fields."""

    cleaner: Callable[[dict[str, Any]], dict[str, Any]]
    not_values: tuple[str, ...] = ()
    # Where one field of the form becomes several of the record.
    stands_for = {"name": ("family_name", "given_name"), "address": ("prefecture", "city", "street")}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        own = {field.key for field in getattr(self, "own", ())}
        given = {
            name: value for name, value in data.items() if name not in self.not_values and name not in own
        }
        try:
            data["values"] = type(self).cleaner(given)
        except ValidationError as problem:
            for name, messages in problem.message_dict.items():
                self.add_error(self._field_of(name), messages)
        return data

    def _field_of(self, name: str) -> str | None:
        wider = [field for field, names in self.stands_for.items() if name in names]
        return next((field for field in [name, *wider] if field in self.fields), None)


class NewCompanyForm(FirstForm, Cleaning):
    """Five fields at most: the rest is asked when it is needed."""

    cleaner = staticmethod(companies.clean)
    not_values = ("is_another",)
    subject, firm = "company", ("name",)

    name = forms.CharField(
        label=_("Company name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    corporate_number = forms.CharField(
        label=_("Corporate number"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    phone = forms.CharField(
        label=_("Phone number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    domain = forms.CharField(label=_("Web site or mail address"), max_length=200, required=False)
    address = forms.CharField(label=_("Address"), max_length=250, required=False)
    # Asked only when the company seems to be there already.
    is_another = forms.BooleanField(label=_("It is another company"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_own()
        self.can_wait.remove("is_another")


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


class Seen(forms.Form):
    """Carries the version that the person looks at."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def is_stale(self, version: int) -> None:
        """Somebody was faster: says so, and lets the person save what they see now."""
        self.add_error(
            None, gettext("Somebody has changed this meanwhile. Look at it once more, then save again.")
        )
        sent: Any = self.data.copy()  # type: ignore[attr-defined]
        sent["seen"] = str(version)
        self.data = sent


class CompanyField(forms.CharField):
    """A company by its name or corporate number, among those that the person may see."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.widget.attrs |= {
            "list": "company-names", "autocomplete": "off", "hx-get": reverse_lazy("accounts:company-names"),
            "hx-trigger": "input changed delay:150ms", "hx-target": "#company-names", "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }  # fmt: skip
        self.user: User | None = None

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed:
            return None
        rows = Company.objects.active().visible_to(self.user)  # type: ignore[arg-type]
        number = corporate_numbers.normalise(typed)
        is_it = Q(corporate_number=number) if number else Q(name=typed) | Q(name_key=names.company_key(typed))
        found = list(rows.filter(is_it).order_by("pk")[:3])
        exact = [company for company in found if company.name == typed] or found
        if not exact:
            raise ValidationError(gettext("No company has this name. Add it first."))
        if len(exact) > 1:
            raise ValidationError(gettext("Several companies have this name. Enter the corporate number."))
        return exact[0]


class KnownByForm(forms.Form):
    """One more name, phone, domain … that the company is known by."""

    kind = forms.ChoiceField(label=_("What it is"), choices=list(known_by.ADDED.items()))
    typed = forms.CharField(label=_("Name or value"), max_length=250)


class DivisionForm(forms.Form):
    name = forms.CharField(label=_("Division"), max_length=120)


class DivisionEditForm(Seen):
    name = forms.CharField(label=_("Division"), max_length=120)
    closed_on = DayField(label=_("Closed on"), required=False, help_text=_("Leave it empty while it exists"))


class SiteEditForm(Cleaning, Seen):
    """What a site is called and where it is; with a day it was moved or renamed, without it was written wrongly."""

    cleaner = staticmethod(companies.clean)
    not_values = ("seen", "name", "division", "closed_on", "since", "company")

    name = forms.CharField(label=_("Site"), max_length=120)
    division = forms.ModelChoiceField(
        Division.objects.none(), label=_("Division"), required=False, empty_label="—"
    )
    phone = forms.CharField(label=_("Phone number"), max_length=40, required=False)
    address = forms.CharField(label=_("Address"), max_length=250, required=False)
    since = DayField(
        label=_("Moved or renamed on"),
        required=False,
        help_text=_("Leave it empty to correct a slip; with a day the old name and place stay known"),
    )
    closed_on = DayField(label=_("Closed on"), required=False, help_text=_("Leave it empty while it exists"))
    company = CompanyField(
        label=_("Belongs to another company now"),
        required=False,
        help_text=_("The site and its people go on there from the day above; deals stay here"),
    )

    def __init__(self, user: User, site: Site, data: Any = None) -> None:
        initial: dict[str, Any] = {
            name: getattr(site, name) for name in ("name", "division", "address", "closed_on")
        }
        super().__init__(data, initial=initial | {"phone": phones.national(site.phone), "seen": site.version})
        self.fields["division"].queryset = Division.objects.filter(company=site.company_id)  # type: ignore[attr-defined]
        self.fields["company"].user = user  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("company") and not data.get("since") and "since" not in self.errors:
            self.add_error("since", gettext("Enter the day."))
        return data


class MoveForm(Seen):
    """Where the person works from a day on; another company first, then its places are typed by name."""

    on = DayField(label=_("From the day"), required=True)
    company = CompanyField(
        label=_("Another company"), required=False, help_text=_("Leave it empty to stay in the company")
    )
    division = forms.CharField(label=_("Division"), max_length=120, required=False)
    site = forms.CharField(label=_("Site"), max_length=120, required=False)
    department = forms.CharField(label=_("Department"), max_length=80, required=False)
    title = forms.CharField(label=_("Title"), max_length=80, required=False)
    decision_role = forms.ChoiceField(
        label=_("Role in decisions"), choices=[("", "—"), *Contact.Role.choices], required=False
    )
    successor = forms.ModelChoiceField(
        Contact.objects.none(), label=_("Successor"), required=False, empty_label="—"
    )

    def __init__(self, user: User, contact: Contact, heirs: list[Contact], data: Any = None) -> None:
        initial: dict[str, Any] = {
            name: getattr(contact, name)
            for name in ("division", "site", "department", "title", "decision_role")
        }
        initial |= {"seen": contact.version, "on": timezone.localdate()}
        super().__init__(data, initial=initial)
        self.contact = contact
        self.fields["company"].user = user  # type: ignore[attr-defined]
        self.fields["successor"] = successor_field(heirs)
        for name, places in (("division", "divisions"), ("site", "sites")):
            self.fields[name].widget.attrs["list"] = f"{places}-here"

    @property
    def choices(self) -> dict[str, list[str]]:
        """The places of the company as it is, offered while typing; another company's are typed."""
        company = self.contact.company
        return {
            "divisions-here": [str(place) for place in company.divisions.filter(closed_on=None)],
            "sites-here": [str(place) for place in company.sites.filter(closed_on=None)],
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        company = data.get("company") or self.contact.company
        places: list[tuple[str, Any]] = [("division", company.divisions), ("site", company.sites)]
        for name, rows in places:
            typed = clean_text(data.get(name) or "").strip()
            data[name] = rows.filter(name=typed).first() if typed else None
            if typed and data[name] is None:
                text = gettext("%(company)s has no place of this name. Add it first, or leave this empty.")
                self.add_error(name, text % {"company": company})
        return data

    def as_arguments(self) -> dict[str, Any]:
        """For `moving.move`."""
        return self.cleaned_data


class AdditionalForm(MoveForm):
    """Where the person works besides, from a day on."""

    def __init__(self, user: User, contact: Contact, data: Any = None) -> None:
        super().__init__(user, contact, [], data)
        del self.fields["successor"]
        for name in ("division", "site", "department", "title", "decision_role"):
            self.initial[name] = ""


class LeaveForm(Seen):
    """Since when the person works there no longer, and who takes over."""

    on = DayField(label=_("From the day"), required=True)
    successor = forms.ModelChoiceField(
        Contact.objects.none(), label=_("Successor"), required=False, empty_label="—"
    )

    def __init__(self, contact: Contact, heirs: list[Contact], data: Any = None) -> None:
        super().__init__(data, initial={"seen": contact.version, "on": timezone.localdate()})
        self.fields["successor"] = successor_field(heirs)


def successor_field(heirs: list[Contact]) -> forms.TypedChoiceField:
    """One of the people, likeliest first; nobody is chosen for them."""
    by_id = {str(heir.pk): heir for heir in heirs}
    shown = [(pk, f"{heir.full_name} {heir.title}".strip()) for pk, heir in by_id.items()]
    return forms.TypedChoiceField(
        label=_("Successor"), choices=[("", "—"), *shown], coerce=by_id.get, empty_value=None, required=False,
        help_text=_("Open deals of the person show who it is"),
    )  # fmt: skip


class GroupForm(Seen):
    parent = CompanyField(
        label=_("Parent company"), required=False, help_text=_("Leave it empty when it belongs to no group")
    )

    def __init__(self, user: User, company: Company, data: Any = None) -> None:
        super().__init__(data, initial={"seen": company.version, "parent": company.parent or ""})
        self.fields["parent"].user = user  # type: ignore[attr-defined]


class SiteForm(Cleaning):
    """A site more. One that the company seems to have already is shown before it is made twice."""

    cleaner = staticmethod(companies.clean)
    not_values = ("name", "division", "is_another")

    name = forms.CharField(label=_("Site"), max_length=120)
    division = forms.ModelChoiceField(
        Division.objects.none(), label=_("Division"), required=False, empty_label="—"
    )
    phone = forms.CharField(label=_("Phone number"), max_length=40, required=False)
    address = forms.CharField(label=_("Address"), max_length=250, required=False)
    # Asked only when the site seems to be there already.
    is_another = forms.BooleanField(label=_("It is another site"), required=False, widget=forms.HiddenInput)

    def __init__(self, company: Company, data: Any = None) -> None:
        super().__init__(data)
        self.fields["division"].queryset = company.divisions.active()  # type: ignore[attr-defined]
        self.hint_url = reverse("accounts:site-similar", args=[company.pk])

    def ask_whether_it_is_another(self) -> None:
        self.fields["is_another"].widget = forms.CheckboxInput()


class NewPersonForm(FirstForm, Cleaning):
    """Where somebody works, their name, and how to reach them; the rest later."""

    cleaner = staticmethod(contacts.clean)
    not_values = ("company",)
    subject = "contact"
    firm: tuple[str, ...] = ("company", "name")

    company = CompanyField(label=_("Company"))
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Family name and given name with a space")
    )
    title = forms.CharField(label=_("Title"), max_length=80, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    mobile = forms.CharField(label=_("Mobile"), max_length=40, required=False)

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.fields["company"].user = user  # type: ignore[attr-defined]
        self.ask_own()


class NewContactForm(NewPersonForm):
    """The same where the company is known: which of its sites is asked instead."""

    firm = ("name",)
    field_order = ("name", "title", "site")

    company = None  # type: ignore[assignment]
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), required=False, empty_label="—")

    def __init__(self, company: Company, data: Any = None) -> None:
        super(NewPersonForm, self).__init__(data)
        self.fields["site"].queryset = company.sites.active()  # type: ignore[attr-defined]
        self.ask_own()


class AccessForm(forms.Form):
    """Who sees the company: everyone, or those named and their teams."""

    is_restricted = forms.BooleanField(label=_("Only the people named here see it"), required=False)
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), label=_("People"), required=False, widget=forms.CheckboxSelectMultiple
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.none(), label=_("Teams"), required=False, widget=forms.CheckboxSelectMultiple
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["people"].queryset = User.objects.people()  # type: ignore[attr-defined]
        self.fields["teams"].queryset = Team.objects.all()  # type: ignore[attr-defined]
