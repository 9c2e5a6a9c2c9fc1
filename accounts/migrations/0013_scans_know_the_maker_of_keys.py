"""A scan says by which maker the keys of all companies are."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_sites_are_matched_by_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='matchscan',
            name='maker',
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
