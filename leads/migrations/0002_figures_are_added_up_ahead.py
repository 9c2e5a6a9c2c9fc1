"""Figures of leads are added up by triggers (`pipeline.rollups`): what a lead counts."""

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


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [
        migrations.RunSQL(TALLY, "DROP FUNCTION leads_lead_tally(bigint, text, timestamptz, timestamptz)"),
    ]
