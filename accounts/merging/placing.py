"""A branch that was written down as a company becomes a site of the company it belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import company_values, site_matching
from accounts.dedup import names_read, words
from accounts.merging import joining, kinds, locking, own_columns, relations
from accounts.merging.journal import Journal
from accounts.models import Company, DuplicatePair, Merge, Site
from staff.models import User

_BRANCHES = tuple(words.SITE_WORDS)
_FIELDS = ("phone", "postal_code", "prefecture", "city", "street")


@transaction.atomic
def make_site(
    company: Company,
    of: Company,
    *,
    by: User,
    name: str = "",
    pair: DuplicatePair | None = None,
    seen: tuple[int, int] | None = None,
    at: datetime | None = None,
) -> Merge:
    """The company's record becomes a site of the other; its people, deals and history go there, until `unmerge`.

    `name` is the site's; without one it is what the company's name adds to the other's. A site of that name is used.
    """
    kind = kinds.named("company")
    of, company = locking.lock(kind, [of, company])
    joining.require_two_in_use(of, company, seen)
    name = company_values.one_line(name, 120) or proposed_name(company, of)
    journal = Journal()
    site = _site(journal, company, of, name)
    keep = dict.fromkeys(kind.fields, "winner") | own_columns.keeping(kind)
    if of.owner_id is None:
        # Whoever looked after the branch looks after the company that nobody looked after.
        del keep["owner"]
    joining.join(kind, of, company, journal, keep, by)
    _put_into(journal, site, of)
    picks = {"site": {"value": name}}
    return joining.record("placing", of, company, journal, by=by, picks=picks, pair=pair, at=at)


def is_branch(company: Company, of: Company) -> bool:
    """Whether its name is the other's with a place behind it, as 青嶺精工 松本工場 beside 青嶺精工; a head office is none."""
    mine, theirs = names_read.read(company.name), names_read.read(of.name)
    is_one, is_other = (
        name.inside.endswith(_BRANCHES) and not name.inside.endswith(words.HEAD_OFFICES)
        for name in (mine, theirs)
    )
    return mine.key == theirs.key and is_one and not is_other


def proposed_name(company: Company, of: Company) -> str:
    """青嶺精工 松本工場 of 青嶺精工 is 松本工場; a name that adds nothing is taken whole."""
    short, head = company.short_name, of.short_name
    rest = short.removeprefix(head).strip(" 　・-") if head else short
    return (rest or short)[:120]


def _site(journal: Journal, company: Company, of: Company, name: str) -> Site:
    """The site that the rules are sure of with what the branch adds to it, or a new one."""
    values = {field: getattr(company, field) for field in _FIELDS}
    found = site_matching.find_sites(of, site_matching.candidate_of(name, values))
    site = found[0].record if found and found[0].is_certain else None
    if site is None:
        site = Site(company=of, name=name, **values)
        journal.create(site)
    else:
        journal.change(site, {f: v for f, v in values.items() if v and not getattr(site, f)})
    journal.touch(site)
    return site


def _put_into(journal: Journal, site: Site, of: Company) -> None:
    """People and deals of the branch are those of the site, unless they are at another of its places."""
    moved: dict[str, list[int]] = {}
    for change in journal.changes:
        if change.action == "moved" and change.fields.get("company_id", [0, 0])[1] == of.pk:
            moved.setdefault(change.table, []).extend(change.rows)
    for relation in relations.of(Site):
        if relation.field.name != "site":
            continue
        rows: Any = relation.model._default_manager.filter(
            pk__in=moved.get(relation.model._meta.label_lower, [])
        )
        pks = list(rows.filter(site=None).order_by("pk").values_list("pk", flat=True))
        journal.move(relation.model, relation.column, pks, None, site.pk)
