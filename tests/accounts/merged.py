"""What a merge may touch, looked at whole."""

from __future__ import annotations

from typing import Any

from accounts import companies
from accounts.models import (
    Company,
    CompanyAccess,
    CompanyName,
    Contact,
    Division,
    DuplicatePair,
    FactsQuestion,
    FurtherValue,
    MatchKey,
    Position,
    Site,
)
from activities.models import Activity, Todo
from leads.models import Lead, Touch
from pipeline.models import Deal
from staff.models import CustomField, CustomValue


def everything() -> dict[str, dict[int, Any]]:
    """All rows of everything a merge may touch, as they are."""
    seen = {}
    for model in (
        Company, CompanyName, FurtherValue, CompanyAccess, Division, Site, Contact, Position, DuplicatePair, FactsQuestion, Lead,
        Deal, Activity, Todo, Touch,
    ):  # fmt: skip
        rows = model._default_manager.order_by("pk").values()
        seen[model.__name__] = {
            row["id"]: {k: v for k, v in row.items() if k not in ("version", "score", "score_reasons")}
            for row in rows
        }
    # Fields of the company's own are columns like the others.
    for field in CustomField.objects.all():
        rows = seen[{"company": "Company", "contact": "Contact", "lead": "Lead"}[field.subject]]
        values = CustomValue.objects.filter(field=field)
        held = {pk: str(value) for pk, value in values.values_list("subject_id", field.column)}
        for pk, row in rows.items():
            row[field.key] = held.get(pk)
    # Former names stand in the text in no order.
    for kind in seen.values():
        for row in kind.values():
            if "search_text" in row:
                row["search_text"] = sorted(row["search_text"].split())
    keys = MatchKey.objects.order_by("kind", "value", "company", "contact")
    seen["keys"] = dict(enumerate(keys.values_list("kind", "value", "company", "contact")))
    return seen


def settled(*records: Company) -> None:
    """What factories leave out: keys and search, as the domain functions write them."""
    companies.recompute(list(records))
