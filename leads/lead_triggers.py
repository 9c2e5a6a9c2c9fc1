"""How leads write what they change of the figures added up ahead (`pipeline.rollups`)."""

from __future__ import annotations

from pipeline.models.rollup_triggers import NUMBERS, Tally

LEADS = Tally(
    "leads",
    "leads_lead_tally",
    ("channel_id", "state", "received_at", "deleted_at", "first_contact_due_at", "first_contacted_at"),
)

# Company, team, figure, day, key and numbers of every lead, for readers and for comparing.
ROWS = f"""
    SELECT l.company_id, l.team_id AS team, t.figure, t.day, t.key, {NUMBERS}
    FROM leads_lead AS l CROSS JOIN LATERAL leads_lead_tally({LEADS.columns("l")}) AS t
"""  # noqa: S608 - put together from constants
