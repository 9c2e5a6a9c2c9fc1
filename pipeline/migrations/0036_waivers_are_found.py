"""The page of waivers reads the newest of them and no other move."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Nobody waits for an index of a big table.
    atomic = False

    dependencies = [("pipeline", "0035_measured_rates_of_stages")]

    operations = [
        AddIndexConcurrently(
            model_name="stagemove",
            index=models.Index(
                fields=["-at", "-id"], name="stage_move_waived", condition=models.Q(("waived_count__gt", 0))
            ),
        ),
    ]
