"""By the day of its first-contact deadline each lead counts, and whether somebody had spoken with it by then."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations

ZONE = settings.TIME_ZONE
TYPES = "bigint, text, timestamptz, timestamptz"

BEFORE = f"""
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
# A lead that was put aside before anybody spoke with it has no clock.
AFTER = f"""
    CREATE FUNCTION leads_lead_tally(
        channel_id bigint, state text, received_at timestamptz, deleted_at timestamptz, due_at timestamptz, contacted_at timestamptz
    ) RETURNS TABLE (figure smallint, day date, key bigint, n1 bigint, n2 bigint, n3 bigint, n4 bigint)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT v.figure::smallint, v.day::date, v.key::bigint, 1::bigint, v.n2::bigint, v.n3::bigint, 0::bigint
        FROM (SELECT ($3 AT TIME ZONE '{ZONE}')::date AS on, CASE $2 WHEN 'converted' THEN 1 ELSE 0 END AS won,
                     CASE WHEN $2 IN ('converted', 'disqualified', 'nurture') THEN 1 ELSE 0 END AS decided) AS r
        CROSS JOIN LATERAL (VALUES
            (11, r.on, $1, r.won, r.decided, true),
            (12, date_trunc('month', r.on::timestamp)::date, 0, r.won, r.decided, true),
            (13, ($5 AT TIME ZONE '{ZONE}')::date, 0, CASE WHEN $6 <= $5 THEN 1 ELSE 0 END, 0,
             $5 IS NOT NULL AND ($6 IS NOT NULL OR $2 IN ('new', 'contacted')))
        ) AS v (figure, day, key, n2, n3, holds)
        WHERE $4 IS NULL AND v.holds
    $$
"""
FILL = """
    SET LOCAL statement_timeout = 0;
    INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)
    SELECT t.figure, l.team_id, t.day, t.key, sum(t.n1), sum(t.n2), 0, 0
    FROM leads_lead AS l CROSS JOIN LATERAL leads_lead_tally(
        l.channel_id, l.state, l.received_at, l.deleted_at, l.first_contact_due_at, l.first_contacted_at) AS t
    WHERE t.figure = 13 GROUP BY 1, 2, 3, 4
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0070_coverage_is_added_up_with_the_deals_in_hand"),
        ("leads", "0003_default_rules"),
    ]

    operations = [
        migrations.RunSQL(AFTER, f"DROP FUNCTION leads_lead_tally({TYPES}, timestamptz, timestamptz)"),
        pgtrigger.migrations.RemoveTrigger(
            model_name='lead',
            name='leads_are_tallied',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='lead',
            name='changed_leads_are_tallied',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='lead',
            name='deleted_leads_are_tallied',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lead',
            trigger=pgtrigger.compiler.Trigger(name='leads_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM new_rows AS n CROSS JOIN LATERAL leads_lead_tally(n.channel_id, n.state, n.received_at, n.deleted_at, n.first_contact_due_at, n.first_contacted_at) AS t) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='79fdb8948010162a4d590ab57406bda0ec66d5b4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_leads_are_tallied_b819a', referencing='REFERENCING NEW TABLE AS new_rows ', table='leads_lead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lead',
            trigger=pgtrigger.compiler.Trigger(name='changed_leads_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                IF EXISTS (SELECT FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id WHERE (o.channel_id, o.state, o.received_at, o.deleted_at, o.first_contact_due_at, o.first_contacted_at, o.team_id) IS DISTINCT FROM (n.channel_id, n.state, n.received_at, n.deleted_at, n.first_contact_due_at, n.first_contacted_at, n.team_id)) THEN\n                    \n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL leads_lead_tally(o.channel_id, o.state, o.received_at, o.deleted_at, o.first_contact_due_at, o.first_contacted_at) AS t WHERE (o.channel_id, o.state, o.received_at, o.deleted_at, o.first_contact_due_at, o.first_contacted_at, o.team_id) IS DISTINCT FROM (n.channel_id, n.state, n.received_at, n.deleted_at, n.first_contact_due_at, n.first_contacted_at, n.team_id) UNION ALL SELECT t.figure, n.team_id AS team, t.day, t.key, t.n1 AS n1, t.n2 AS n2, t.n3 AS n3, t.n4 AS n4 FROM old_rows AS o JOIN new_rows AS n ON n.id = o.id CROSS JOIN LATERAL leads_lead_tally(n.channel_id, n.state, n.received_at, n.deleted_at, n.first_contact_due_at, n.first_contacted_at) AS t WHERE (o.channel_id, o.state, o.received_at, o.deleted_at, o.first_contact_due_at, o.first_contacted_at, o.team_id) IS DISTINCT FROM (n.channel_id, n.state, n.received_at, n.deleted_at, n.first_contact_due_at, n.first_contacted_at, n.team_id)) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    \n                END IF;\n                RETURN NULL;\n            ', hash='c9aa39d3ddd62a89bbac1d5b0ff8238b75a9c687', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_changed_leads_are_tallied_74c15', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='leads_lead', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='lead',
            trigger=pgtrigger.compiler.Trigger(name='deleted_leads_are_tallied', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        INSERT INTO pipeline_rollupdelta (figure, team, day, key, n1, n2, n3, n4)\n        SELECT figure, team, day, key, sum(n1) AS n1, sum(n2) AS n2, sum(n3) AS n3, sum(n4) AS n4 FROM (SELECT t.figure, o.team_id AS team, t.day, t.key, -t.n1 AS n1, -t.n2 AS n2, -t.n3 AS n3, -t.n4 AS n4 FROM old_rows AS o CROSS JOIN LATERAL leads_lead_tally(o.channel_id, o.state, o.received_at, o.deleted_at, o.first_contact_due_at, o.first_contacted_at) AS t) AS changed\n        GROUP BY figure, team, day, key HAVING sum(n1) <> 0 OR sum(n2) <> 0 OR sum(n3) <> 0 OR sum(n4) <> 0;\n    RETURN NULL;', hash='4cd23901e683ab4733be90684f7b6f4696007d32', level='STATEMENT', operation='DELETE', pgid='pgtrigger_deleted_leads_are_tallied_9307a', referencing='REFERENCING OLD TABLE AS old_rows ', table='leads_lead', when='AFTER')),
        ),
        migrations.RunSQL(f"DROP FUNCTION leads_lead_tally({TYPES})", BEFORE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
