"""The facts of a record as its page shows them: label, value, and the form that edits one in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.forms import (
    COMPANY_FACTS,
    CONTACT_FACTS,
    CompanyFactForm,
    ContactFactForm,
    FactForm,
)
from accounts.models import Company, Contact
from crm.lib import phones


@dataclass
class Fact:
    """One row of the facts. With a `form` it is being edited; `theirs` is what somebody else saved meanwhile."""

    key: str
    label: str | Promise
    value: str
    url: str
    can_edit: bool = False
    link: str = ""
    form: FactForm | None = None
    theirs: list[dict[str, Any]] | None = None
    saved: bool = False


def address(record: Any) -> str:
    """〒390-0811 長野県松本市中央1-2-3, of whatever has an address."""
    code, place = record.postal_code, f"{record.prefecture}{record.city}{record.street}"
    return f"〒{code[:3]}-{code[3:]} {place}" if code else place


_COMPANY: dict[str, tuple[str | Promise, Callable[[Company], str]]] = {
    "name": (_("Company name"), lambda c: " / ".join(filter(None, [c.name, c.kana, c.latin_name]))),
    "corporate_number": (_("Corporate number"), lambda c: c.corporate_number),
    "industry": (_("Industry"), lambda c: c.industry),
    "employees": (
        _("Employees"),
        lambda c: (
            ngettext("%(n)s person", "%(n)s people", c.employees) % {"n": f"{c.employees:,}"}
            if c.employees is not None
            else ""
        ),
    ),
    "domain": (_("Domain"), lambda c: c.domain),
    "phone": (_("Main phone"), lambda c: phones.national(c.phone)),
    "address": (_("Address"), address),
    "owner": (_("Account owner"), lambda c: c.owner.full_name if c.owner else ""),
    "notes": (_("Notes"), lambda c: c.notes),
}
_CONTACT: dict[str, tuple[str | Promise, Callable[[Contact], str]]] = {
    "name": (
        _("Name"),
        lambda c: " / ".join(filter(None, [c.full_name, f"{c.family_kana} {c.given_kana}".strip()])),
    ),
    "work": (
        _("Position"),
        lambda c: " ".join(filter(None, [c.department, c.title, str(c.get_decision_role_display())])),
    ),
    "place": (_("Division, site"), lambda c: " ".join(str(p) for p in (c.division, c.site) if p)),
    "email": (_("E-mail"), lambda c: c.email),
    "phone": (_("Phone number"), lambda c: phones.national(c.phone)),
    "mobile": (_("Mobile"), lambda c: phones.national(c.mobile)),
    "notes": (_("Notes"), lambda c: c.notes),
}


def of(record: Company | Contact, *, can_edit: bool, editing: str = "") -> list[Fact]:
    """All facts of the record in the order of its page; `editing` names the one that is open."""
    return [one(record, key, can_edit=can_edit, editing=key == editing) for key in _shapes(record)]


def one(record: Company | Contact, key: str, *, can_edit: bool, editing: bool = False) -> Fact:
    """One fact, open for editing when asked for and allowed."""
    label, show = _shapes(record)[key]  # type: ignore[index]
    value = show(record)  # type: ignore[operator]
    fact = Fact(key, label, value, f"{record.get_absolute_url()}facts/{key}/", can_edit, _link(key, record))
    if editing and can_edit:
        fact.form = form_for(record, key)
    return fact


def form_for(record: Company | Contact, key: str, data: Any = None) -> FactForm:
    """The form of one fact. Raises KeyError for a fact that there is none."""
    if isinstance(record, Company):
        return CompanyFactForm(COMPANY_FACTS[key], record, data)
    return ContactFactForm(CONTACT_FACTS[key], record, data)


def side_by_side(form: FactForm, clashes: dict[str, tuple[Any, Any]]) -> list[dict[str, Any]]:
    """What the person typed beside what somebody else saved meanwhile, for each field that both changed."""
    return [
        {"label": form.fields[name].label, "mine": mine or "—", "theirs": theirs or "—"}
        for name, (mine, theirs) in clashes.items()
        if name in form.fields
    ]


def _shapes(record: Company | Contact) -> dict[str, Any]:
    return _COMPANY if isinstance(record, Company) else _CONTACT


def _link(key: str, record: Any) -> str:
    if key in ("phone", "mobile") and getattr(record, key):
        return f"tel:{getattr(record, key)}"
    return f"mailto:{record.email}" if key == "email" and record.email else ""
