"""The list sorts no longer than its page in any order, and figures of closed deals come from an index alone."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

OPEN = models.Q(("closed_at", None), ("deleted_at", None))
ORDERS = {
    "deal_open_by_stay": "stage_entered_at",
    "deal_open_by_amount": "amount",
    "deal_open_by_weighted": "weighted_amount",
    "deal_open_by_next_action": "next_action_on",
}


class Migration(migrations.Migration):
    # Nobody waits for an index of a big table.
    atomic = False

    dependencies = [("pipeline", "0003_settings_versions_and_board_totals")]

    operations = [
        AddIndexConcurrently(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False), ("deleted_at", None)),
                fields=["closed_at", "id"],
                include=("stage", "amount", "weighted_amount", "channel", "loss_reason", "first_contacted_at"),
                name="deal_closed_figures",
            ),
        ),
        RemoveIndexConcurrently(model_name="deal", name="deal_closed"),
        *(
            AddIndexConcurrently(
                model_name="deal",
                index=models.Index(condition=OPEN, fields=[field, "id"], name=name),
            )
            for name, field in ORDERS.items()
        ),
    ]
