"""What a row needs to be found: its folded words and their grams, written whenever the row is."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from crm.lib import text


class Searchable(models.Model):
    """Adds `search_text` and `search_grams`. Subclasses say what is found in `search_words()`.

    How a hit reads, the app's `finding.py` says. Bulk writers call `prepare_search()` themselves.
    """

    search_text = models.TextField(blank=True, default="", editable=False)
    search_grams = ArrayField(models.TextField(), default=list, editable=False)

    class Meta:
        abstract = True

    def search_words(self) -> list[str]:
        raise NotImplementedError

    def prepare_search(self) -> None:
        words = [word for word in self.search_words() if word]
        self.search_text, self.search_grams = text.search_entry(*words)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare_search()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "search_text", "search_grams"}
        super().save(*args, **kwargs)


# Kilobytes of a list beside the index: what is written goes there first and into the index many rows at a time, which
# takes a fifth of the time; what is looked for is looked for in the list, too, 1.5 ms when it is full.
PENDING = 4096


def gram_index(name: str, *, comes_in_bulk: bool = False) -> GinIndex:
    """The index by which search finds a row. `comes_in_bulk`: lists bring in many rows at once."""
    if comes_in_bulk:
        return GinIndex(fields=["search_grams"], name=name, fastupdate=True, gin_pending_list_limit=PENDING)
    return GinIndex(fields=["search_grams"], name=name, fastupdate=False)
