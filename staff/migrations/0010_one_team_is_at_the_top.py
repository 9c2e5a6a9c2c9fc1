"""The tree of teams has one root; `staff.teams` never made another."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('staff', '0002_base_rows'),
    ]

    operations = [
        migrations.AddConstraint(
            'team',
            models.UniqueConstraint(
                condition=models.Q(('parent', None)), fields=('parent',), name='one_team_is_at_the_top', nulls_distinct=False
            ),
        ),
    ]
