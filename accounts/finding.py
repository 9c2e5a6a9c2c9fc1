"""What the search finds of companies, their people, places and files, and how a hit reads."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, CompanyFile, Contact, Division, Site
from crm.lib import names, paths
from crm.lib.asking import Word
from staff import search
from staff.search import Shown

# People who work, or worked, for a company that was found.
_WORKED_THERE = "id IN (SELECT p.contact_id FROM accounts_position p WHERE p.company_id IN {companies})"


def register() -> None:
    """Called once, when the app is ready."""
    search.register(
        search.Source(
            "company", _("Accounts"), "company", Company.objects.for_search, 10,
            columns=("pk", "name", "prefecture", "city"), show=_company, owner="owner", heads=("name_key", "sort_key"),
        ),
        search.Source(
            "contact", _("People"), "user", Contact.objects.for_search, 30,
            columns=("pk", "family_name", "given_name", "title", "company__name"), show=_contact,
            owner="company__owner", heads=("person_key",), company=_WORKED_THERE, company_alone=True,
        ),
        search.Source(
            "division", _("Divisions"), "tree", Division.objects.for_search, 45,
            columns=("company", "pk", "name", "company__name"), show=_division, company="company",
        ),
        search.Source(
            "site", _("Sites"), "visit", Site.objects.for_search, 50,
            columns=("company", "pk", "name", "company__name", "prefecture", "city"), show=_site, company="company",
        ),
        search.Source(
            "file", _("Files"), "doc", CompanyFile.objects.for_search, 60,
            columns=("company", "pk", "name", "link", "company__name"), show=_file, company="company",
        ),
    )  # fmt: skip


def _company(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    pk, name, prefecture, city = columns
    return name, f"{prefecture}{city}", paths.of("accounts:company", pk)


def _contact(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    pk, family, given, title, company = columns
    name = names.full_person(family, given, get_language() or "ja")
    return f"{name} {title}".strip(), names.short_name(company), paths.of("accounts:contact", pk)


def _division(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    company_id, pk, name, company = columns
    return name, names.short_name(company), f"{paths.of('accounts:company', company_id)}?at=division-{pk}"


def _site(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    company_id, pk, name, company, prefecture, city = columns
    address = paths.of("accounts:company", company_id)
    return (
        name,
        " ".join(filter(None, [names.short_name(company), f"{prefecture}{city}"])),
        f"{address}?at=site-{pk}",
    )


def _file(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    company_id, pk, name, link, company = columns
    return name, names.short_name(company), link or reverse("accounts:company-file", args=[company_id, pk])
