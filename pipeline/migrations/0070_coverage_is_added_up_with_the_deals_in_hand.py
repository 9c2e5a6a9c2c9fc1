"""Whoever has deals in hand: what the exit criteria ask of them, and how much of it is met, is added up too."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations

ZONE = settings.TIME_ZONE
TYPES = (
    "bigint, bigint, bigint, bigint, numeric, numeric, date, date, date, timestamptz, timestamptz, timestamptz"
)


def tally(more: str, met: str, total: str) -> str:
    """What a deal counts, as one pure function of its row and the kind of its stage."""
    return f"""
    CREATE FUNCTION pipeline_deal_tally(
        owner_id bigint, stage_id bigint, channel_id bigint, loss_reason_id bigint, amount numeric, weighted numeric,
        close_on date, stalls_on date, next_action_on date, first_contacted_at timestamptz, closed_at timestamptz,
        deleted_at timestamptz{more}
    ) RETURNS TABLE (figure smallint, day date, key bigint, n1 bigint, n2 bigint, n3 bigint, n4 bigint)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT v.figure::smallint, v.day::date, v.key::bigint, v.n1::bigint, v.n2::bigint, v.n3::bigint, v.n4::bigint
        FROM pipeline_stage AS s
        CROSS JOIN LATERAL (SELECT ($11 AT TIME ZONE '{ZONE}')::date AS on, $11 IS NULL AS is_open) AS c
        CROSS JOIN LATERAL (VALUES
            (1, coalesce(date_trunc('month', $7::timestamp)::date, '0001-01-01'::date), $2, 1, coalesce($5, 0), $6,
             CASE WHEN $5 > 0 THEN 1 ELSE 0 END, c.is_open),
            (2, $8, $2, 1, coalesce($5, 0), 0, 0, c.is_open AND $8 IS NOT NULL),
            (3, '2000-01-01'::date, $2, 1, coalesce($5, 0), 0, 0, c.is_open AND $9 IS NULL),
            (4, '2000-01-01'::date, $1, 1, {met}, {total}, 0, c.is_open),
            (5, date_trunc('month', c.on::timestamp)::date, $2, 1, coalesce($5, 0), $6, 0, NOT c.is_open),
            (6, c.on, 0, 1, coalesce($5, 0), 0, 0, NOT c.is_open AND s.kind = 'won'),
            (7, c.on, $3, CASE s.kind WHEN 'won' THEN 1 ELSE 0 END, 1, 0, 0,
             NOT c.is_open AND s.kind IN ('won', 'lost') AND $3 IS NOT NULL),
            (8, date_trunc('month', c.on::timestamp)::date, $4, 1, 0, 0, 0,
             NOT c.is_open AND s.kind = 'lost' AND $4 IS NOT NULL),
            (9, date_trunc('month', c.on::timestamp)::date, c.on - ($10 AT TIME ZONE '{ZONE}')::date, 1, 0, 0, 0,
             NOT c.is_open AND s.kind = 'won' AND $10 IS NOT NULL)
        ) AS v (figure, day, key, n1, n2, n3, n4, holds)
        WHERE s.id = $2 AND $12 IS NULL AND v.holds
    $$
    """


BEFORE, AFTER = tally("", "0", "0"), tally(", criteria_met smallint, criteria_total smallint", "$13", "$14")

# What the rows say less what the sums say, as deltas: people go on working meanwhile.
FILL = """
    SET LOCAL statement_timeout = 0;
    INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)
    SELECT 4, team_id, '2000-01-01', owner_id, 0, sum(criteria_met), sum(criteria_total), 0
    FROM pipeline_deal WHERE closed_at IS NULL AND deleted_at IS NULL
    GROUP BY team_id, owner_id HAVING sum(criteria_total) <> 0
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0003_default_pipeline")]

    operations = [
        migrations.RunSQL(AFTER, f"DROP FUNCTION pipeline_deal_tally({TYPES}, smallint, smallint)"),
        pgtrigger.migrations.RemoveTrigger(
            model_name='deal',
            name='deals_are_tallied',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='deal',
            name='changed_deals_are_tallied',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='deal',
            name='deleted_deals_are_tallied',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='deal',
            trigger=pgtrigger.compiler.Trigger(name='deals_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM new_rows AS n CROSS JOIN LATERAL pipeline_deal_tally(n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at, n.criteria_met, n.criteria_total) AS t) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='d902b5b9a9f7ec34c348df815dfc6591d55c407b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_deals_are_tallied_fd2ec', referencing='REFERENCING NEW TABLE AS new_rows ', table='pipeline_deal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='deal',
            trigger=pgtrigger.compiler.Trigger(name='changed_deals_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                IF EXISTS (SELECT FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id WHERE (o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at, o.criteria_met, o.criteria_total, o.team_id) IS DISTINCT FROM (n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at, n.criteria_met, n.criteria_total, n.team_id)) THEN\n                    \n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL pipeline_deal_tally(o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at, o.criteria_met, o.criteria_total) AS t WHERE (o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at, o.criteria_met, o.criteria_total, o.team_id) IS DISTINCT FROM (n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at, n.criteria_met, n.criteria_total, n.team_id) UNION ALL SELECT t.figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL pipeline_deal_tally(n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at, n.criteria_met, n.criteria_total) AS t WHERE (o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at, o.criteria_met, o.criteria_total, o.team_id) IS DISTINCT FROM (n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at, n.criteria_met, n.criteria_total, n.team_id)) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    \n                END IF;\n                IF EXISTS (SELECT FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id WHERE (o.team_id <> n.team_id OR o.stage_id <> n.stage_id OR (o.deleted_at IS NULL) <> (n.deleted_at IS NULL))) THEN\n                    \n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT 10 AS figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL pipeline_deal_cohorts(o.id, o.stage_id, 9223372036854775807) AS t WHERE o.deleted_at IS NULL AND (o.team_id <> n.team_id OR o.stage_id <> n.stage_id OR (o.deleted_at IS NULL) <> (n.deleted_at IS NULL)) UNION ALL SELECT 10 AS figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL pipeline_deal_cohorts(n.id, n.stage_id, 9223372036854775807) AS t WHERE n.deleted_at IS NULL AND (o.team_id <> n.team_id OR o.stage_id <> n.stage_id OR (o.deleted_at IS NULL) <> (n.deleted_at IS NULL))) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    \n                END IF;\n                RETURN NULL;\n            ', hash='ee68038e2c24df304b53b83932b89ce2676cd552', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_changed_deals_are_tallied_e0a2d', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='pipeline_deal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='deal',
            trigger=pgtrigger.compiler.Trigger(name='deleted_deals_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o CROSS JOIN LATERAL pipeline_deal_tally(o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at, o.criteria_met, o.criteria_total) AS t) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='f3afde05d67079d1ec68911264f9dd99f2396e85', level='STATEMENT', operation='DELETE', pgid='pgtrigger_deleted_deals_are_tallied_d041e', referencing='REFERENCING OLD TABLE AS old_rows ', table='pipeline_deal', when='AFTER')),
        ),
        migrations.RunSQL(f"DROP FUNCTION pipeline_deal_tally({TYPES})", BEFORE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
