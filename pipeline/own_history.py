"""What the company's own deals say about waiting: how long won deals took, and what got a stalled one going again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from pipeline.models import Stage
from pipeline.stall_words import ACTIVITIES

# Below this a proposal says more about chance than about customers.
ENOUGH = 8
_YEARS = timedelta(days=730)
_MOST = 3000

# Newest won deals of two years; for each stage they stood in the days there, and the longest time without contact.
_STAYS = f"""
    WITH won AS (
        SELECT d.id FROM pipeline_deal d JOIN pipeline_stage s ON s.id = d.stage_id
        WHERE s.kind = 'won' AND d.closed_at >= %(since)s AND d.deleted_at IS NULL
        ORDER BY d.closed_at DESC LIMIT {_MOST}
    ), stay AS (
        SELECT m.deal_id, m.to_stage_id AS stage, m.at AS began,
            lead(m.at) OVER (PARTITION BY m.deal_id ORDER BY m.id) AS ended
        FROM pipeline_stagemove m JOIN won ON won.id = m.deal_id
    ), point AS (
        SELECT deal_id, stage, began, began AS at FROM stay WHERE ended IS NOT NULL
        UNION ALL SELECT deal_id, stage, began, ended FROM stay WHERE ended IS NOT NULL
        UNION ALL
        SELECT s.deal_id, s.stage, s.began, e.happened_at FROM stay s JOIN staff_event e ON e.deal_id = s.deal_id
        WHERE s.ended IS NOT NULL AND e.kind = 'activity.logged' AND e.happened_at BETWEEN s.began AND s.ended
            AND e.data->>'reached' = 'true' AND e.data->>'activity' <> 'memo'
    ), gap AS (
        SELECT deal_id, stage, began, at - lag(at) OVER (PARTITION BY deal_id, stage, began ORDER BY at) AS quiet FROM point
    ), longest AS (
        SELECT stage, deal_id, began, extract(epoch FROM max(quiet)) / 86400 AS quiet FROM gap GROUP BY 1, 2, 3
    )
    SELECT s.stage, count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.ended - s.began) / 86400),
        percentile_cont(0.8) WITHIN GROUP (ORDER BY extract(epoch FROM s.ended - s.began) / 86400),
        percentile_cont(0.8) WITHIN GROUP (ORDER BY l.quiet)
    FROM stay s JOIN longest l ON l.stage = s.stage AND l.deal_id = s.deal_id AND l.began = s.began
    WHERE s.ended IS NOT NULL GROUP BY s.stage
"""  # noqa: S608 - a number of our own

# Of the deals that stood still in the stage: what was done first after that, and whether they went on within 30 days.
# Everybody reads it, so it is silent about restricted companies.
_HELPED = """
    WITH stood AS (
        SELECT e.deal_id, e.happened_at AS at FROM staff_event e
        JOIN pipeline_deal d ON d.id = e.deal_id
        WHERE d.company_id NOT IN (SELECT c.id FROM accounts_company c WHERE c.is_restricted) AND e.kind = 'deal.stalled' AND e.happened_at >= %(since)s AND e.data->>'stage' = %(stage)s
            AND e.deal_id <> %(deal)s
        ORDER BY e.happened_at DESC LIMIT 500
    ), first_step AS (
        SELECT s.deal_id, s.at, (
            SELECT a.data->>'activity' FROM staff_event a
            WHERE a.deal_id = s.deal_id AND a.kind = 'activity.logged' AND a.happened_at > s.at
                AND a.happened_at < s.at + interval '30 days' AND a.data->>'activity' <> 'memo'
            ORDER BY a.happened_at LIMIT 1
        ) AS activity FROM stood s
    )
    SELECT activity, count(*), count(*) FILTER (WHERE EXISTS (
        SELECT 1 FROM staff_event m WHERE m.deal_id = f.deal_id AND m.kind IN ('deal.moved', 'deal.won')
            AND m.happened_at > f.at AND m.happened_at < f.at + interval '30 days'
    )) FROM first_step f WHERE activity IS NOT NULL GROUP BY activity
"""


@dataclass(frozen=True)
class Stay:
    """How won deals went through a stage: how many, and days at the middle and at four fifths."""

    count: int
    middle: int
    most: int
    quiet: int

    @property
    def is_enough(self) -> bool:
        return self.count >= ENOUGH


def stays(now: datetime) -> dict[int, Stay]:
    """Stage id → how long the won deals of the last two years stood in it, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STAYS, {"since": now - _YEARS})
        return {
            stage: Stay(count, round(middle), max(1, round(most)), max(1, round(quiet)))
            for stage, count, middle, most, quiet in cursor.fetchall()
        }


def what_helped(stage: Stage, now: datetime, but: int) -> str:
    """What got similar deals going, in words with its numbers; "" as long as there are too few to say."""
    with connection.cursor() as cursor:
        cursor.execute(_HELPED, {"since": now - _YEARS, "stage": str(stage.pk), "deal": but})
        rows: list[tuple[str, int, int]] = [row for row in cursor.fetchall() if row[0] in ACTIVITIES]
    total = sum(count for _kind, count, _went_on in rows)
    best: Any = max(rows, key=lambda row: (row[2] / row[1], row[1]), default=None)
    if total < ENOUGH or best is None or not best[2] or best[1] < 3:
        return ""
    return _("Of %(total)s deals that stood still here, %(went_on)s of %(count)s went on after %(what)s.") % {
        "total": total, "went_on": best[2], "count": best[1], "what": _(ACTIVITIES[best[0]]),
    }  # fmt: skip
