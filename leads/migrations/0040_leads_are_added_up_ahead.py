"""Figures of leads are added up by triggers: what a lead counts, and the sums of what there is."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations

ZONE = settings.TIME_ZONE

TALLY = f"""
    CREATE FUNCTION leads_lead_tally(channel_id bigint, state text, received_at timestamptz, deleted_at timestamptz)
    RETURNS TABLE (figure smallint, day date, key bigint, n1 bigint, n2 bigint, n3 bigint, n4 bigint)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT v.figure::smallint, v.day::date, v.key::bigint, 1::bigint, CASE $2 WHEN 'converted' THEN 1 ELSE 0 END::bigint,
               CASE WHEN $2 IN ('converted', 'disqualified', 'nurture') THEN 1 ELSE 0 END::bigint, 0::bigint
        FROM (SELECT ($3 AT TIME ZONE '{ZONE}')::date AS on) AS r
        CROSS JOIN LATERAL (VALUES (11, r.on, $1), (12, date_trunc('month', r.on::timestamp)::date, 0)) AS v (figure, day, key)
        WHERE $4 IS NULL
    $$
"""

_SUMS = "sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4"
FILL = f"""
    SET LOCAL statement_timeout = 0;
    INSERT INTO pipeline_rollup (figure, team, day, key, n1, n2, n3, n4)
    SELECT figure, coalesce(team, 0), day, key, {_SUMS} FROM (
        SELECT t.figure, l.team_id AS team, t.day, t.key, t.n1, t.n2, t.n3, t.n4
        FROM leads_lead AS l
        CROSS JOIN LATERAL leads_lead_tally(l.channel_id, l.state, l.received_at, l.deleted_at) AS t
    ) AS counted
    GROUP BY GROUPING SETS ((figure, team, day, key), (figure, day, key))
"""  # noqa: S608 - put together from constants


class Migration(migrations.Migration):

    dependencies = [
        ('pipeline', '0040_the_figures_are_added_up_ahead'),
        ('leads', '0006_leads_are_warned_of_once'),
    ]

    operations = [
        migrations.RunSQL(TALLY, "DROP FUNCTION leads_lead_tally(bigint, text, timestamptz, timestamptz)"),
        pgtrigger.migrations.AddTrigger(
            model_name='lead',
            trigger=pgtrigger.compiler.Trigger(name='leads_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM new_rows AS n CROSS JOIN LATERAL leads_lead_tally(n.channel_id, n.state, n.received_at, n.deleted_at) AS t) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='81aa89512d392751ab119ec18b7dad644601228d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_leads_are_tallied_b819a', referencing='REFERENCING NEW TABLE AS new_rows ', table='leads_lead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lead',
            trigger=pgtrigger.compiler.Trigger(name='changed_leads_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                IF EXISTS (SELECT FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id WHERE (o.channel_id, o.state, o.received_at, o.deleted_at, o.team_id) IS DISTINCT FROM (n.channel_id, n.state, n.received_at, n.deleted_at, n.team_id)) THEN\n                    \n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL leads_lead_tally(o.channel_id, o.state, o.received_at, o.deleted_at) AS t WHERE (o.channel_id, o.state, o.received_at, o.deleted_at, o.team_id) IS DISTINCT FROM (n.channel_id, n.state, n.received_at, n.deleted_at, n.team_id) UNION ALL SELECT t.figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL leads_lead_tally(n.channel_id, n.state, n.received_at, n.deleted_at) AS t WHERE (o.channel_id, o.state, o.received_at, o.deleted_at, o.team_id) IS DISTINCT FROM (n.channel_id, n.state, n.received_at, n.deleted_at, n.team_id)) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    \n                END IF;\n                RETURN NULL;\n            ', hash='0f4db13357d567555efb62a73c65501dc1649a19', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_changed_leads_are_tallied_74c15', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='leads_lead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lead',
            trigger=pgtrigger.compiler.Trigger(name='deleted_leads_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o CROSS JOIN LATERAL leads_lead_tally(o.channel_id, o.state, o.received_at, o.deleted_at) AS t) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='c141c1eeb25efa5eff3b256e5ab68f9f2dff4588', level='STATEMENT', operation='DELETE', pgid='pgtrigger_deleted_leads_are_tallied_9307a', referencing='REFERENCING OLD TABLE AS old_rows ', table='leads_lead', when='AFTER')),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
