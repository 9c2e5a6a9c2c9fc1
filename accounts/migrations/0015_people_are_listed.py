"""People have a list of their own: by the reading of their name, and by when they were last spoken with."""

from django.db import migrations, models

from crm.lib import names

AT_ONCE = 5000


def give_sort_keys(apps, schema_editor):
    """Writes the column alone, many rows at a time: no one's edit of anybody, so no version and no history of it."""
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(
                'SELECT id, family_name, given_name, family_kana, given_kana FROM accounts_contact'
                ' WHERE id > %s ORDER BY id LIMIT %s',
                [last, AT_ONCE],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            cursor.execute(
                'UPDATE accounts_contact c SET sort_key = n.key FROM unnest(%s::bigint[], %s::text[]) AS n(id, key)'
                ' WHERE c.id = n.id',
                [[row[0] for row in rows], [names.person_sort_key(*row[1:]) for row in rows]],
            )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_longer_lists_beside_the_gram_indexes'),
    ]

    operations = [
        migrations.AddField('contact', 'sort_key', models.CharField(default='', editable=False, max_length=120)),
        migrations.RunPython(give_sort_keys, migrations.RunPython.noop),
        migrations.AddIndex('contact', models.Index(fields=['sort_key', 'id'], name='contact_by_name')),
        migrations.AddIndex('contact', models.Index(fields=['last_activity_at', 'id'], name='contact_by_last_contact')),
    ]
