"""The evidence in words, as the queue, the hint while typing and `manage.py match` tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.lib import phones

REASONS = {
    "number": _("same corporate number"),
    "name": _("same name"),
    "former": _("a former name"),
    "looks": _("names that look alike"),
    "reading": _("same reading"),
    "core": _("same reading without the trade"),
    "similar": _("names or readings almost the same"),
    "longer": _("one name continues the other"),
    "mail": _("same person's mail address"),
    "email": _("same e-mail"),
    "email_differs": _("another e-mail"),
    "person": _("same person's name"),
    "person_differs": _("another person's name"),
    "family": _("firms of one group are known"),
    "surname": _("people of the same family name"),
    "mobile": _("same mobile"),
    "phone": _("same phone"),
    "phone_shared": _("a phone that several share"),
    "domain": _("same domain"),
    "domain_shared": _("a domain that several share"),
    "address": _("same address"),
    "town": _("same quarter"),
    "city": _("same city"),
    "prefecture": _("same prefecture"),
    "form": _("same legal form, one that few have"),
    "no_domain": _("both write from a provider's mailbox"),
    "only": _("the only one of the name"),
    "single": _("two single records of the name"),
    "alone": _("all together nearly certain, and no other company comes near"),
    "company": _("in the same company"),
    "unnamed": _("one of them without a company name"),
    "branch": _("one of them names a site"),
    "unread": _("how the name is read is not known"),
    "number_differs": _("another corporate number"),
    "form_differs": _("another legal form"),
    "form_turned": _("the legal form stands at the other end"),
    "common": _("a name that many may have"),
    "sister": _("names of one group"),
    "neighbour": _("names that differ in the trade"),
    "name_differs": pgettext_lazy("of a company", "another name"),
    "domain_differs": _("another domain"),
    "free_mail": _("one of them writes from a provider's mailbox"),
    "prefecture_differs": _("another prefecture"),
    "company_differs": _("another company"),
    "many_of_the_name": _("several have the name"),
}


# The same words where they mean something else about people.
OF_SITES = REASONS | {
    "name": _("same name of the site"), "town": _("same quarter, no number"), "name_differs": _("another name of the site"),
    "address_differs": _("another address"), "person": _("only site of the person"), "city": _("only site in the city"),
    "prefecture": _("only site in the prefecture"),
}  # fmt: skip
OF_PEOPLE = REASONS | {"family": _("only one person of the family name"), "mail": REASONS["email"]}


def compared(reason: Mapping[str, Any]) -> list[str]:
    """The normalised values that were compared: one when they are equal."""
    values = [str(reason["a"]), str(reason["b"])]
    if reason["key"] in ("phone", "phone_shared", "mobile"):
        values = [phones.national(value) if value.startswith("+") else value for value in values]
    return values[:1] if values[0] == values[1] else values


def in_words(reasons: Iterable[Mapping[str, Any]], words: Mapping[str, Any] = REASONS) -> str:
    """同じ社名（青嶺精工）、同じ電話番号（0263-00-0000） …; with other `words` of people, or of sites."""
    told = []
    for reason in reasons:
        values = " / ".join(filter(None, compared(reason)))
        told.append(f"{words.get(reason['key'], reason['key'])}{f' [{values}]' if values else ''}")
    return "; ".join(told)
