from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_base_rows")]

    operations = [
        migrations.AddField("notification", "subject_type", models.CharField(blank=True, default="", max_length=40)),
        migrations.AddField("notification", "subject_id", models.BigIntegerField(null=True)),
    ]
