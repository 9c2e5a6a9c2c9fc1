"""Lines of a list wait in pieces of some thousand until they are checked; their rows have room for what becomes of them."""

import django.db.models.deletion
from django.db import migrations, models

from crm.lib.together import Together


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0001_initial'),
    ]

    operations = [
        Together([
            migrations.AlterField(
                model_name='importrow',
                name='batch',
                field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='integrations.import'),
            ),
            migrations.CreateModel(
                name='ImportPiece',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('first_line', models.PositiveIntegerField()),
                    ('last_line', models.PositiveIntegerField()),
                    ('lines', models.TextField()),
                    ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='integrations.import')),
                ],
                options={
                    'ordering': ['batch', 'first_line'],
                    'constraints': [models.UniqueConstraint(fields=('batch', 'first_line'), name='piece_is_read_once')],
                },
            ),
            # Written once, read once and gone: packing them takes longer than they live.
            migrations.RunSQL(
                'ALTER TABLE integrations_importpiece ALTER COLUMN lines SET STORAGE EXTERNAL',
                migrations.RunSQL.noop,
            ),
            # A row is written by the check and once more by the run: beside its first form there is room for the second.
            migrations.RunSQL(
                'ALTER TABLE integrations_importrow SET (fillfactor = 50)',
                'ALTER TABLE integrations_importrow RESET (fillfactor)',
            ),
        ]),
    ]
