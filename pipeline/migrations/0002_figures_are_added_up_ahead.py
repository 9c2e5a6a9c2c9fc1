"""Figures of deals are added up by triggers (`pipeline.rollups`): what a row counts, and what its moves count."""

from django.conf import settings
from django.db import migrations

ZONE = settings.TIME_ZONE

# What a deal counts, as one pure function of its row and the kind of its stage.
TALLY = f"""
    CREATE FUNCTION pipeline_deal_tally(
        owner_id bigint, stage_id bigint, channel_id bigint, loss_reason_id bigint, amount numeric, weighted numeric,
        close_on date, stalls_on date, next_action_on date, first_contacted_at timestamptz, closed_at timestamptz,
        deleted_at timestamptz, criteria_met smallint, criteria_total smallint
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
            (4, '2000-01-01'::date, $1, 1, $13, $14, 0, c.is_open),
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

# For each open stage that the deal has reached by its moves below an id: since which month, and what became of it.
COHORTS = f"""
    CREATE FUNCTION pipeline_deal_cohorts(deal bigint, stage bigint, below bigint)
    RETURNS TABLE (day date, key bigint, n1 bigint, n2 bigint, n3 bigint, n4 bigint)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT date_trunc('month', min(m.at) FILTER (WHERE t.position >= s.position) AT TIME ZONE '{ZONE}')::date, s.id,
               CASE WHEN s.position < max(t.position) THEN 1 ELSE 0 END::bigint,
               CASE WHEN s.position < max(t.position) OR now.kind = 'lost' THEN 1 ELSE 0 END::bigint,
               CASE WHEN now.kind = 'won' THEN 1 ELSE 0 END::bigint,
               CASE WHEN now.kind IN ('won', 'lost') THEN 1 ELSE 0 END::bigint
        FROM pipeline_stage AS now
        JOIN pipeline_stage AS s ON s.pipeline_id = now.pipeline_id AND s.kind = 'open'
        JOIN pipeline_stage AS t ON t.pipeline_id = now.pipeline_id AND t.kind IN ('open', 'won')
        JOIN pipeline_stagemove AS m ON m.deal_id = $1 AND m.id < $3 AND m.to_stage_id = t.id
        WHERE now.id = $2
        GROUP BY s.id, s.position, now.kind
        HAVING bool_or(t.position >= s.position)
    $$
"""

# Rows come and go by the minute: what is dead in it should not be read for long.
TIDY = """
    ALTER TABLE pipeline_rollupdelta SET (
        autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000
    )
"""


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0001_initial")]
    operations = [
        migrations.RunSQL(
            TALLY,
            "DROP FUNCTION pipeline_deal_tally(bigint, bigint, bigint, bigint, numeric, numeric, date, date, date, timestamptz, timestamptz, timestamptz, smallint, smallint)",
        ),
        migrations.RunSQL(COHORTS, "DROP FUNCTION pipeline_deal_cohorts(bigint, bigint, bigint)"),
        migrations.RunSQL(TIDY, migrations.RunSQL.noop),
    ]
