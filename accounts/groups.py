"""Groups of companies: parent and subsidiaries, a tree without circles."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.company_events import CompanyEvent
from accounts.models import Company
from staff import events, versions
from staff.models import User

_ONE_AT_A_TIME = 734_000_001  # the key of the lock under which groups change
MOST = 200


@transaction.atomic
def set_parent(company: Company, parent: Company | None, *, by: User, seen: int) -> Company:
    """The company belongs to `parent`, or to nobody. Raises versions.Stale, and ValidationError for a circle."""
    with connection.cursor() as cursor:
        # Two who link at once could close a circle that neither of them sees.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    company = Company.objects.select_for_update().get(pk=company.pk)
    versions.require(company, seen)
    if parent and company.pk in above(parent):
        raise ValidationError(
            _("%(name)s belongs to this company, so it cannot stand above it.") % {"name": parent}
        )
    before = company.parent_id
    if before == (parent.pk if parent else None):
        return company
    company.parent = parent
    company.version += 1
    company.save(update_fields=["parent", "version"])
    # Only ids: not everybody sees both companies.
    after = {"parent": parent.pk if parent else None}
    events.record(CompanyEvent.GROUPED, company, by=by, before={"parent": before}, after=after)
    return company


def above(company: Company) -> list[int]:
    """The company itself, its parent, and so on up."""
    return _walk("SELECT c.parent_id FROM accounts_company c JOIN line ON c.id = line.id", company.pk)


def below(company: Company) -> list[int]:
    """The company itself and all that belong to it, directly or not; at most 200."""
    return _walk("SELECT c.id FROM accounts_company c JOIN line ON c.parent_id = line.id", company.pk)


def _walk(step: str, start: int) -> list[int]:
    # UNION drops what was met before, so it ends even where a circle has come in past the rule, by a merge for instance.
    sql = f"""
        WITH RECURSIVE line(id) AS (SELECT %s::bigint UNION {step})
        SELECT id FROM line WHERE id IS NOT NULL LIMIT {MOST}
    """  # noqa: S608 - constants
    with connection.cursor() as cursor:
        cursor.execute(sql, [start])
        return [pk for (pk,) in cursor.fetchall()]
