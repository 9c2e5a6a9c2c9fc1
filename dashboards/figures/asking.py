"""A page's figures, asked together: one statement for what is added up ahead, one for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from crm.lib import questions
from crm.lib.questions import Combined, Question
from pipeline import rollups
from pipeline.rollups import Tally, Want
from staff.models import User

Answer = TypeVar("Answer")
Tallies = list[Tally]


@dataclass(frozen=True)
class Rolled(Generic[Answer]):
    """A figure from rollups: `make` gets the tallies of its wants, and the answers of its questions, by their names."""

    make: Callable[..., Answer]
    wants: dict[str, Want]
    parts: dict[str, Question[Any]] = field(default_factory=dict)


Figure = Rolled[Any] | Question[Any] | Combined[Any]


def ask(user: User, figure: Rolled[Answer]) -> Answer:
    found: Answer = ask_together(user, figure=figure)["figure"]
    return found


def ask_together(user: User, **figures: Figure) -> dict[str, Any]:
    """All of them, as the person may see them."""
    return together(**figures).answers(user, once=True)


@dataclass(frozen=True)
class Asked:
    """Figures put together, to be kept for who sees the same."""

    rolled: dict[str, Rolled[Any]]
    rest: questions.Asked

    def answers(self, user: User, *, once: bool = False) -> dict[str, Any]:
        wants = {
            f"{name}.{part}": want
            for name, figure in self.rolled.items()
            for part, want in figure.wants.items()
        }
        tallies = rollups.read(user, wants)
        answers = self.rest.answers(once=once)
        return answers | {
            name: figure.make(**{part: tallies[f"{name}.{part}"] for part in figure.wants}, **answers[name])
            for name, figure in self.rolled.items()
        }


def together(**figures: Figure) -> Asked:
    """What `ask_together` asks."""
    rolled = {name: figure for name, figure in figures.items() if isinstance(figure, Rolled)}
    rest: dict[str, Any] = {
        name: Combined(dict, figure.parts) if isinstance(figure, Rolled) else figure
        for name, figure in figures.items()
    }
    return Asked(rolled, questions.together(**rest))
