"""Whoever is known has the position that stands on their record, since a day that nobody wrote down."""

from django.db import migrations

FORWARD = """
INSERT INTO accounts_position (
    contact_id, company_id, division_id, site_id, department, title, decision_role, is_planned)
SELECT id, company_id, division_id, site_id, department, title, decision_role, false
FROM accounts_contact c
WHERE NOT EXISTS (SELECT 1 FROM accounts_position p WHERE p.contact_id = c.id)
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_positions_groups_and_files")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
