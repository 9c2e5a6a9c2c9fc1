import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0070_coverage_is_added_up_with_the_deals_in_hand"),
        ("staff", "0002_base_rows"),
    ]

    operations = [
        migrations.AlterField(
            model_name="deal",
            name="team",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deals",
                to="staff.team",
            ),
        ),
    ]
