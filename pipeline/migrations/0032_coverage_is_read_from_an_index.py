"""The coverage of open deals comes from an index alone; those not counted yet are found without looking at the others."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Nobody waits for an index of a big table.
    atomic = False

    dependencies = [("pipeline", "0031_criteria_that_deals_meet")]

    operations = [
        AddIndexConcurrently(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("closed_at", None), ("deleted_at", None)),
                fields=["team", "stage", "owner"],
                include=("stage_entered_at", "company", "met_ids", "lacking_ids", "bare_ids"),
                name="deal_coverage",
            ),
        ),
        AddIndexConcurrently(
            model_name="deal",
            index=models.Index(condition=models.Q(("met_ids", None)), fields=["id"], name="deal_not_counted"),
        ),
    ]
