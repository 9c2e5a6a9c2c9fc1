"""The questions of an un-merge in words, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.merging import own_columns
from accounts.merging.journal import field_of, model_of, real
from accounts.merging.refusals import Question
from accounts.models import Merge
from crm.lib import phones
from staff import kinds
from staff.models import User


@dataclass
class Option:
    answer: str
    text: str
    # What both have then, for values.
    winner: str = ""
    loser: str = ""


@dataclass
class Asked:
    """One question as a person reads it."""

    key: str
    label: str | Promise
    about: str
    options: list[Option]


def in_words(merge: Merge, questions: list[Question], user: User) -> list[Asked]:
    """What the person may not see is named by its kind alone."""
    return [_words(merge, question, user) for question in questions]


def _words(merge: Merge, question: Question, user: User) -> Asked:
    model = model_of(question.table)
    names = {"winner": merge.winner_name, "loser": merge.loser_name}
    if not question.column:
        rows: Any = model._default_manager
        about = question.about if rows.visible_to(user).filter(pk=question.pk).exists() else ""
        options = [
            Option("winner", _("stays with %(name)s") % {"name": names["winner"]}),
            Option("loser", _("goes with %(name)s") % {"name": names["loser"]}),
        ]
        return Asked(question.key, capfirst(kinds.name_of(model)), about, options)
    label = _label(model, question.column)
    if not question.is_value:
        text = _("%(name)s comes back without it: another company has it now") % {"name": names["loser"]}
        return Asked(question.key, label, str(question.before), [Option("without", text)])
    now, before = (_shown(model, question.column, value) for value in (question.now, question.before))
    merged = _shown(model, question.column, question.merged)
    options = [
        Option(
            "winner",
            _("%(value)s belongs to %(name)s") % {"value": now, "name": names["winner"]},
            now,
            merged,
        ),
        Option(
            "loser", _("%(value)s belongs to %(name)s") % {"value": now, "name": names["loser"]}, before, now
        ),
    ]
    return Asked(question.key, label, "", options)


def _label(model: type[Model], column: str) -> str | Promise:
    if own_columns.is_own(column):
        return own_columns.label(column)
    return capfirst(str(field_of(model, column).verbose_name))


def _shown(model: type[Model], column: str, value: Any) -> str:
    if value in (None, ""):
        return "—"
    if own_columns.is_own(column):
        return own_columns.shown(column, value)
    field = field_of(model, column)
    if field.is_relation:
        found = field.related_model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]
        return str(found or "—")
    found = real(model, column, value)
    return phones.national(found) if column in ("phone", "mobile") else str(found)
