from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

INDEXES = (("company", "company_grams"), ("contact", "contact_grams"))


class Migration(migrations.Migration):
    """The indexes stay as they are and only learn to keep a list: nothing is built anew."""

    dependencies = [("accounts", "0011_each_value_has_one_index")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER INDEX {name} SET (fastupdate = on, gin_pending_list_limit = 1024)",
                    f"ALTER INDEX {name} RESET (gin_pending_list_limit); ALTER INDEX {name} SET (fastupdate = off)",
                )
                for _model, name in INDEXES
            ],
            state_operations=[
                operation
                for model, name in INDEXES
                for operation in (
                    migrations.RemoveIndex(model, name),
                    migrations.AddIndex(
                        model,
                        GinIndex(
                            fields=["search_grams"], name=name, fastupdate=True, gin_pending_list_limit=1024
                        ),
                    ),
                )
            ],
        )
    ]
