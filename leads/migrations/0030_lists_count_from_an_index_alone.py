"""What the menu and the lists of leads count stands in their indexes."""

from django.db import migrations, models

from crm.lib.together import Together

WAITING = models.Q(('deleted_at', None), ('state', 'new'))


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0003_default_rules'),
    ]

    operations = [
        Together([
            migrations.RemoveIndex('lead', 'lead_waiting_of_team'),
            migrations.RemoveIndex('lead', 'lead_waiting'),
            migrations.RemoveIndex('lead', 'lead_in_hand'),
            migrations.AddIndex(
                'lead',
                models.Index(
                    fields=['team', 'first_contact_due_at', 'id'], include=('company', 'first_contacted_at'),
                    condition=WAITING, name='lead_waiting_of_team',
                ),
            ),
            migrations.AddIndex(
                'lead',
                models.Index(
                    fields=['first_contact_due_at', 'id'], include=('company', 'first_contacted_at'),
                    condition=WAITING, name='lead_waiting',
                ),
            ),
            migrations.AddIndex(
                'lead',
                models.Index(
                    fields=['-state', 'first_contact_due_at', 'id'], include=('team', 'company', 'received_at'),
                    condition=models.Q(('deleted_at', None), ('state__in', ('new', 'contacted'))), name='lead_in_hand',
                ),
            ),
            migrations.AddIndex(
                'lead',
                models.Index(
                    fields=['-received_at', '-id'], include=('team', 'company'),
                    condition=models.Q(('deleted_at', None), ('state', 'nurture')), name='lead_nurtured',
                ),
            ),
        ]),
    ]
