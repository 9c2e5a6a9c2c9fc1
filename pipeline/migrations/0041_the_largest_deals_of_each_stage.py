"""What the way to the target asks: the deals of a stage with the largest amount, and with the most to gain by winning."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F

OPEN = models.Q(closed_at=None, deleted_at=None)
PRICED = models.Q(closed_at=None, deleted_at=None, amount__gt=0)


class Migration(migrations.Migration):
    # Nobody waits for an index of a big table.
    atomic = False

    dependencies = [("pipeline", "0040_the_figures_are_added_up_ahead")]

    operations = [
        AddIndexConcurrently(
            model_name="deal",
            index=models.Index(
                fields=["stage", "-amount", "-id"],
                include=["close_on"],
                condition=OPEN,
                name="deal_largest_of_stage",
            ),
        ),
        AddIndexConcurrently(
            model_name="deal",
            index=models.Index(
                F("stage"), (F("amount") - F("weighted_amount")).desc(), condition=PRICED, name="deal_most_to_gain"
            ),
        ),
    ]
