from django.db import migrations

from crm.lib import text

AT_ONCE = 1000


def fill(apps, schema_editor):
    """Divisions that are there already; new ones write their rows themselves."""
    divisions = apps.get_model("accounts", "Division")
    last = 0
    while rows := list(divisions.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        for row in rows:
            row.search_text, row.search_grams = text.search_entry(row.name)
        divisions.objects.bulk_update(rows, ["search_text", "search_grams"])
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_divisions_are_found_and_people_hold_more_than_one_position")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
