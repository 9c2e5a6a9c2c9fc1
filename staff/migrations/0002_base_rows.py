"""What every installation begins with: the company's row, its top team, the system as an actor, the cache table."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


def add_base_rows(apps, schema_editor):
    Team = apps.get_model("staff", "Team")
    User = apps.get_model("staff", "User")
    CompanyProfile = apps.get_model("staff", "CompanyProfile")
    top = Team.objects.create(name="全社")
    Team.objects.filter(pk=top.pk).update(path=f"{top.pk}/")
    User.objects.create(
        email="system@enishi.invalid", family_name="Enishi", password="!", team=top, role="admin", is_system=True
    )
    CompanyProfile.objects.create(pk=1, name="Enishi")


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]
    operations = [
        TrigramExtension(),
        migrations.RunSQL(
            """
            CREATE UNLOGGED TABLE cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
            CREATE INDEX cache_expires ON cache (expires);
            """,
            "DROP TABLE cache",
        ),
        migrations.RunPython(add_base_rows, migrations.RunPython.noop),
    ]
