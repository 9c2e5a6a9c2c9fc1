"""Figures of leads are added up by triggers (`pipeline.rollups`): what a lead counts."""

from django.conf import settings
from django.db import migrations

ZONE = settings.TIME_ZONE

# A lead that was put aside before anybody spoke with it has no clock.
TALLY = f"""
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


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [
        migrations.RunSQL(TALLY, "DROP FUNCTION leads_lead_tally(bigint, text, timestamptz, timestamptz, timestamptz, timestamptz)"),
    ]
