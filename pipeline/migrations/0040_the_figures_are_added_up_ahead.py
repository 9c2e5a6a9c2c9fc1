"""Figures of deals are added up by triggers: what a row counts, what its moves count, and the sums of what there is."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

ZONE = settings.TIME_ZONE

# What a deal counts, as one pure function of its row and the kind of its stage.
TALLY = f"""
    CREATE FUNCTION pipeline_deal_tally(
        owner_id bigint, stage_id bigint, channel_id bigint, loss_reason_id bigint, amount numeric, weighted numeric,
        close_on date, stalls_on date, next_action_on date, first_contacted_at timestamptz, closed_at timestamptz,
        deleted_at timestamptz
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
            (4, '2000-01-01'::date, $1, 1, 0, 0, 0, c.is_open),
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

_SUMS = "sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4"
FILL = f"""
    SET LOCAL statement_timeout = 0;
    INSERT INTO pipeline_rollup (figure, team, day, key, n1, n2, n3, n4)
    SELECT figure, coalesce(team, 0), day, key, {_SUMS} FROM (
        SELECT t.figure, d.team_id AS team, t.day, t.key, t.n1, t.n2, t.n3, t.n4
        FROM pipeline_deal AS d CROSS JOIN LATERAL pipeline_deal_tally(
            d.owner_id, d.stage_id, d.channel_id, d.loss_reason_id, d.amount, d.weighted_amount, d.close_on, d.stalls_on,
            d.next_action_on, d.first_contacted_at, d.closed_at, d.deleted_at) AS t
        UNION ALL
        SELECT 10, d.team_id, t.day, t.key, t.n1, t.n2, t.n3, t.n4
        FROM pipeline_deal AS d CROSS JOIN LATERAL pipeline_deal_cohorts(d.id, d.stage_id, 9223372036854775807) AS t
        WHERE d.deleted_at IS NULL
    ) AS counted
    GROUP BY GROUPING SETS ((figure, team, day, key), (figure, day, key))
    HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0
"""  # noqa: S608 - put together from constants


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0036_waivers_are_found'),
    ]

    operations = [
        migrations.RunSQL(
            TALLY,
            "DROP FUNCTION pipeline_deal_tally(bigint, bigint, bigint, bigint, numeric, numeric, date, date, date, timestamptz, timestamptz, timestamptz)",
        ),
        migrations.RunSQL(COHORTS, "DROP FUNCTION pipeline_deal_cohorts(bigint, bigint, bigint)"),
        migrations.CreateModel(
            name='Rollup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('figure', models.PositiveSmallIntegerField()),
                ('team', models.BigIntegerField()),
                ('day', models.DateField()),
                ('key', models.BigIntegerField()),
                ('n1', models.BigIntegerField()),
                ('n2', models.BigIntegerField()),
                ('n3', models.BigIntegerField()),
                ('n4', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='RollupDelta',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('figure', models.PositiveSmallIntegerField()),
                ('team', models.BigIntegerField()),
                ('day', models.DateField()),
                ('key', models.BigIntegerField()),
                ('n1', models.BigIntegerField()),
                ('n2', models.BigIntegerField()),
                ('n3', models.BigIntegerField()),
                ('n4', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='deal',
            trigger=pgtrigger.compiler.Trigger(name='deals_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM new_rows AS n CROSS JOIN LATERAL pipeline_deal_tally(n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at) AS t) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='aeb4b9281e0eeb71c88c693d9772e5ffbe206bee', level='STATEMENT', operation='INSERT', pgid='pgtrigger_deals_are_tallied_fd2ec', referencing='REFERENCING NEW TABLE AS new_rows ', table='pipeline_deal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='deal',
            trigger=pgtrigger.compiler.Trigger(name='changed_deals_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                IF EXISTS (SELECT FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id WHERE (o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at, o.team_id) IS DISTINCT FROM (n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at, n.team_id)) THEN\n                    \n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL pipeline_deal_tally(o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at) AS t WHERE (o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at, o.team_id) IS DISTINCT FROM (n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at, n.team_id) UNION ALL SELECT t.figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL pipeline_deal_tally(n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at) AS t WHERE (o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at, o.team_id) IS DISTINCT FROM (n.owner_id, n.stage_id, n.channel_id, n.loss_reason_id, n.amount, n.weighted_amount, n.close_on, n.stalls_on, n.next_action_on, n.first_contacted_at, n.closed_at, n.deleted_at, n.team_id)) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    \n                END IF;\n                IF EXISTS (SELECT FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id WHERE (o.team_id <> n.team_id OR o.stage_id <> n.stage_id OR (o.deleted_at IS NULL) <> (n.deleted_at IS NULL))) THEN\n                    \n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT 10 AS figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL pipeline_deal_cohorts(o.id, o.stage_id, 9223372036854775807) AS t WHERE o.deleted_at IS NULL AND (o.team_id <> n.team_id OR o.stage_id <> n.stage_id OR (o.deleted_at IS NULL) <> (n.deleted_at IS NULL)) UNION ALL SELECT 10 AS figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL pipeline_deal_cohorts(n.id, n.stage_id, 9223372036854775807) AS t WHERE n.deleted_at IS NULL AND (o.team_id <> n.team_id OR o.stage_id <> n.stage_id OR (o.deleted_at IS NULL) <> (n.deleted_at IS NULL))) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    \n                END IF;\n                RETURN NULL;\n            ', hash='4574f500b00e9df60d4731d6f8a80f14252df456', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_changed_deals_are_tallied_e0a2d', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='pipeline_deal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='deal',
            trigger=pgtrigger.compiler.Trigger(name='deleted_deals_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o CROSS JOIN LATERAL pipeline_deal_tally(o.owner_id, o.stage_id, o.channel_id, o.loss_reason_id, o.amount, o.weighted_amount, o.close_on, o.stalls_on, o.next_action_on, o.first_contacted_at, o.closed_at, o.deleted_at) AS t) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='99c5c9bf5edc240f4eeeaa6749ae918741ef9708', level='STATEMENT', operation='DELETE', pgid='pgtrigger_deleted_deals_are_tallied_d041e', referencing='REFERENCING OLD TABLE AS old_rows ', table='pipeline_deal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stage',
            trigger=pgtrigger.compiler.Trigger(name='new_stage_shifts_cohorts', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4) VALUES (0, 0, '2000-01-01', NEW.pipeline_id, 1, 0, 0, 0);\n        RETURN NULL;\n    ", hash='c6740ab6f54eda76917444a6e70f5270e40d6a23', operation='INSERT', pgid='pgtrigger_new_stage_shifts_cohorts_2ab00', table='pipeline_stage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stage',
            trigger=pgtrigger.compiler.Trigger(name='changed_stage_shifts_cohorts', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.position IS DISTINCT FROM NEW.position OR OLD.kind IS DISTINCT FROM NEW.kind)', func="\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4) VALUES (0, 0, '2000-01-01', NEW.pipeline_id, 1, 0, 0, 0);\n        RETURN NULL;\n    ", hash='8518b392ca8d0d30a82e3762098250e5d17c4614', operation='UPDATE', pgid='pgtrigger_changed_stage_shifts_cohorts_6fcea', table='pipeline_stage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stagemove',
            trigger=pgtrigger.compiler.Trigger(name='moves_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT 10 AS figure, d.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM (SELECT deal_id, min(id) AS first FROM new_rows GROUP BY deal_id) AS added JOIN pipeline_deal AS d ON d.id = added.deal_id CROSS JOIN LATERAL pipeline_deal_cohorts(d.id, d.stage_id, added.first) AS t WHERE d.deleted_at IS NULL UNION ALL SELECT 10 AS figure, d.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM (SELECT deal_id, min(id) AS first FROM new_rows GROUP BY deal_id) AS added JOIN pipeline_deal AS d ON d.id = added.deal_id CROSS JOIN LATERAL pipeline_deal_cohorts(d.id, d.stage_id, 9223372036854775807) AS t WHERE d.deleted_at IS NULL) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='6dc0cb23d82247b22625a75944490041855bde36', level='STATEMENT', operation='INSERT', pgid='pgtrigger_moves_are_tallied_cf470', referencing='REFERENCING NEW TABLE AS new_rows ', table='pipeline_stagemove', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='rollup',
            index=models.Index(condition=models.Q(('n1', 0), ('n2', 0), ('n3', 0), ('n4', 0)), fields=['id'], name='rollup_is_nothing'),
        ),
        migrations.AddConstraint(
            model_name='rollup',
            constraint=models.UniqueConstraint(fields=('figure', 'team', 'day', 'key'), name='rollup_has_one_row'),
        ),
        migrations.RunSQL(TIDY, migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
