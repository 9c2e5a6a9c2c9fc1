"""The index of what a person did holds all that a team's week is counted by."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('activities', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex('activity', 'activity_of_person'),
        migrations.AddIndex(
            'activity',
            models.Index(
                fields=['by', 'at'], include=('kind', 'reached', 'deal', 'lead', 'company'), name='activity_of_person'
            ),
        ),
    ]
