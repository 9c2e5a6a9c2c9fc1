from collections.abc import Sequence

from django.db import connection, models
from django.db.migrations.operations import AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from crm.lib.together import Together

SHELF = CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))])
BOOK = CreateModel(
    "Book",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("shelf", models.ForeignKey("library.Shelf", models.CASCADE)),
        ("title", models.CharField(max_length=80)),
    ],
)
INDEX = AddIndex("book", models.Index(fields=["title"], name="book_by_title"))


def test_operations_told_together_say_the_database_what_they_would_one_by_one(db):
    together = [Together([SHELF, BOOK]), Together([INDEX])]

    assert statements(together, forwards=True) == statements([SHELF, BOOK, INDEX], forwards=True)
    assert statements(together, forwards=False) == statements([SHELF, BOOK, INDEX], forwards=False)
    assert together[0].reversible
    assert together[0].describe() == "Create model Shelf and 1 more"


def statements(operations: Sequence[Operation], *, forwards: bool) -> list[str]:
    """What the operations would tell the database, in order."""
    states = [ProjectState()]
    for operation in operations:
        states.append(states[-1].clone())
        operation.state_forwards("library", states[-1])
    steps = list(zip(operations, states[:-1], states[1:], strict=True))
    with connection.schema_editor(collect_sql=True) as editor:
        for operation, before, after in steps if forwards else reversed(steps):
            if forwards:
                operation.database_forwards("library", editor, before, after)
            else:
                operation.database_backwards("library", editor, after, before)
    assert len(editor.collected_sql) >= 3
    return list(editor.collected_sql)
