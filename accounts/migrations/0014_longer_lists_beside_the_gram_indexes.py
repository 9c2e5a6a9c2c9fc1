"""The lists beside the indexes of search may grow longer before they are written into the index."""

import django.contrib.postgres.indexes
from django.db import migrations

NAMES = (('company', 'company_grams'), ('contact', 'contact_grams'))


def lengths(kilobytes):
    return [f'ALTER INDEX {name} SET (gin_pending_list_limit = {kilobytes})' for _model, name in NAMES]


def told(kilobytes):
    """The same to the state of the models: there an index changes by going and coming again."""
    return [
        operation
        for model, name in NAMES
        for operation in (
            migrations.RemoveIndex(model, name),
            migrations.AddIndex(
                model,
                django.contrib.postgres.indexes.GinIndex(
                    fastupdate=True, fields=['search_grams'], gin_pending_list_limit=kilobytes, name=name
                ),
            ),
        )
    ]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_scans_know_the_maker_of_keys'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState([migrations.RunSQL(lengths(4096), lengths(1024))], told(4096)),
    ]
