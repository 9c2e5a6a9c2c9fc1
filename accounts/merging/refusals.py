"""Why two records do not become one, or do not part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


class Refused(Exception):
    """The reason is the text, in the reader's language."""


class Absorbed(Refused):
    """One of the two was merged away, or is in the bin."""

    def __init__(self, record: Any) -> None:
        super().__init__(_("%(name)s has been merged or removed meanwhile.") % {"name": record})
        self.record = record


class TwoNumbers(Refused):
    """Two corporate numbers are two legal entities; a person who knows better picks one of them."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "They have different corporate numbers, so they are two legal entities. If they are one today, pick a number."
            )
        )


class AlreadyUndone(Refused):
    def __init__(self) -> None:
        super().__init__(_("This merge has been taken back already."))


@dataclass
class Question:
    """What only a person can decide when two records part. `key` is what the answer is given for.

    About a value: it came with the merge and was edited since. About a row: it was added since, and belongs to something
    that goes back. Answers are "winner" or "loser"; about a number that is taken, "without".
    """

    key: str
    table: str
    pk: int
    column: str = ""
    before: Any = None
    merged: Any = None
    now: Any = None
    answers: tuple[str, ...] = ("winner", "loser")
    about: str = ""

    @property
    def is_value(self) -> bool:
        return bool(self.column) and "without" not in self.answers


class NeedsAnswers(Exception):
    """Nothing was written: these questions are open."""

    def __init__(self, questions: list[Question]) -> None:
        super().__init__(", ".join(question.key for question in questions))
        self.questions = questions
