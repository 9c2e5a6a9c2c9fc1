"""What the search finds in minutes and memos: the words themselves, and where they were written."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from django.db.models.functions import Left, TruncDate
from django.utils.translation import gettext_lazy as _

from activities.models import Activity, ActivityKind
from crm.lib import names, paths, text
from crm.lib.asking import Word
from staff import search
from staff.search import Shown

READ = 4000
AROUND = 30


def register() -> None:
    """Called once, when the app is ready."""
    search.register(
        search.Source(
            "activity", _("Minutes and memos"), "edit", lambda user: Activity.objects.visible_to(user).with_text(), 55,
            columns=("deal", "lead", "company", "kind", Left("body", READ), TruncDate("at"), "company__name"),
            show=_activity, owner="by", company="company",
        )
    )  # fmt: skip


def _activity(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    deal, lead, company, kind, body, day, name = columns
    year, month, date = day.split("-")
    said = [names.short_name(name)] if name else []
    said += [str(ActivityKind(kind).label), f"{year}/{int(month)}/{int(date)}"]
    if deal:
        address = paths.of("pipeline:deal", deal)
    elif lead:
        address = paths.of("leads:lead", lead)
    else:
        address = paths.of("accounts:company", company)
    return around(body, words), text.dot().join(said), f"{address}#timeline"


def around(body: str, words: Sequence[Word]) -> str:
    """The line of the text around the first word that was looked for; its beginning where the word is not found as typed."""
    plain = " ".join(body.split())
    # Character by character, so that the place in the folded text leads back to the one in the text itself.
    folded = "".join(_one(character) for character in plain)
    places = [folded.find(spelling) for word in words for spelling in word.spellings]
    at = min((place for place in places if place >= 0), default=0)
    start = max(0, at - AROUND // 2)
    return (
        ("…" if start else "")
        + plain[start : start + 2 * AROUND]
        + ("…" if len(plain) > start + 2 * AROUND else "")
    )


def _one(character: str) -> str:
    """The folded character where it stays one, else as it is."""
    folded = text.fold(unicodedata.normalize("NFKC", character))
    return folded if len(folded) == 1 else character
