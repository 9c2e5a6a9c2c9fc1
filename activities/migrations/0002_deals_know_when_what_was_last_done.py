"""Deals that were there before know from their activities when each kind was last done."""

from django.db import migrations

FILL = """
    UPDATE pipeline_deal d SET last_done = found.done FROM (
        SELECT deal_id, jsonb_object_agg(kind, to_char(last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')) AS done
        FROM (SELECT deal_id, kind, max(at) AS last FROM activities_activity
              WHERE deal_id IS NOT NULL AND reached GROUP BY deal_id, kind) AS each
        GROUP BY deal_id
    ) AS found
    WHERE found.deal_id = d.id AND d.closed_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial"), ("pipeline", "0011_default_stall_rules")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
