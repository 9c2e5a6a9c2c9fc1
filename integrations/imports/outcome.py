"""What became of each line, as a file: for whoever sent the list and wants to know our ids.

The ids are those that hold today: of a record that was joined with another one, the other one's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from accounts.models import Company, Contact
from integrations.imports import report
from integrations.models import Import, ImportRow

# Read by programs of the sender too: the same in every language.
COLUMNS = ("line", "id", "outcome", "会社ID", "拠点ID", "連絡先ID", "reason", "リードID", "案件ID")
_AT_ONCE = 2000


def table(batch: Import) -> Iterator[list[Any]]:
    """The header and one row a line of the list, in their order."""
    yield list(COLUMNS)
    rows = batch.rows.order_by("line").defer("raw", "values", "matches")
    last = 0
    while chunk := list(rows.filter(line__gt=last)[:_AT_ONCE]):
        companies = surviving(Company, [row.company_id for row in chunk])
        contacts = surviving(Contact, [row.contact_id for row in chunk])
        for row in chunk:
            yield [
                row.line,
                row.sender_id,
                row.outcome or _expected(row),
                companies.get(row.company_id, row.company_id),
                row.site_id,
                contacts.get(row.contact_id, row.contact_id),
                report.reason(batch, row),
                row.lead_id,
                row.deal_id,
            ]
        last = chunk[-1].line


def _expected(row: ImportRow) -> str:
    """Before the run, what is going to happen: create, append, ask, skip, or that it has to be corrected."""
    return "refused" if row.standing == ImportRow.Standing.BAD else row.decision


def surviving(model: type[Model], ids: Sequence[int | None]) -> dict[int | None, int]:
    """Id → the id of the record that it lives on in, for those that were joined with another one."""
    wanted = sorted({pk for pk in ids if pk})
    if not wanted:
        return {}
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE way AS (
                SELECT id AS was, merged_into_id AS now FROM {table} WHERE id = ANY(%s) AND merged_into_id IS NOT NULL
                UNION SELECT way.was, t.merged_into_id FROM way JOIN {table} t ON t.id = way.now
                WHERE t.merged_into_id IS NOT NULL
            ) SELECT was, (array_agg(now))[1] FROM way JOIN {table} t ON t.id = way.now
              WHERE t.merged_into_id IS NULL GROUP BY was""",  # noqa: S608 (a table of ours)
            [wanted],
        )
        return dict(cursor.fetchall())
