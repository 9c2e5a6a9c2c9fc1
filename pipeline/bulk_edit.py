"""Changing many deals at once: each through its own door and its own rules, and all of it taken back in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.lib.text import comma
from pipeline import deals, moves
from pipeline.deal_events import DealEvent
from pipeline.exit_criteria import NotMet
from pipeline.fields import DayField
from pipeline.models import BulkEdit, Deal, Stage
from staff import access, versions
from staff.models import Event, User

MOST = 200
Picked = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Action:
    """One thing that can be done to many deals.

    `form` asks for the value; `do` does it to one deal and returns what `undo` needs. Both raise what the domain raises.
    """

    key: str
    label: str | Promise
    icon: str
    form: Callable[..., forms.Form]
    do: Callable[..., dict[str, Any]]
    undo: Callable[..., None]


ACTIONS: dict[str, Action] = {}


def register(action: Action) -> None:
    """Higher apps add what they can do (the next action) when they are ready."""
    ACTIONS[action.key] = action


@transaction.atomic
def apply(action: Action, picked: Picked, values: dict[str, Any], *, by: User) -> BulkEdit:
    """Does it to each picked (deal, version seen); who is refused stays as they are, and is told with the reason."""
    done, refused = [], []
    for pk, seen in sorted(picked)[:MOST]:
        deal = Deal.objects.visible_to(by).filter(pk=pk).select_related("stage", "company").first()
        if deal is None:
            continue
        try:
            with transaction.atomic():
                undo = action.do(deal, values, seen=seen, by=by)
        except REFUSALS as refusal:
            refused.append({"deal": pk, "name": deal.name, "reason": reason_of(refusal)})
        else:
            done.append({"deal": pk, "name": deal.name, "undo": undo})
    return BulkEdit.objects.create(action=action.key, by=by, at=timezone.now(), done=done, refused=refused)


def of_one(key: str, deal: Deal, undo: dict[str, Any], *, by: User) -> BulkEdit:
    """What was done to one deal by a dialog of its own, kept so that it is taken back like a change of many."""
    done = [{"deal": deal.pk, "name": deal.name, "undo": undo}]
    return BulkEdit.objects.create(action=key, by=by, at=timezone.now(), done=done, refused=[])


@transaction.atomic
def take_back(edit: BulkEdit, *, by: User) -> list[str]:
    """Takes it back on every deal that nobody changed since; returns the names of those that stay. Twice does nothing."""
    if not BulkEdit.objects.filter(pk=edit.pk, undone_at=None).update(undone_at=timezone.now()):
        return []
    action, stay = ACTIONS[edit.action], []
    for one in edit.done:
        try:
            with transaction.atomic():
                action.undo(Deal.objects.get(pk=one["deal"]), one["undo"], by=by)
        except REFUSALS:
            stay.append(one["name"])
    return stay


class NothingToDo(Exception):
    """The deal is so already."""


REFUSALS = (
    NotMet,
    versions.Stale,
    versions.Conflict,
    PermissionDenied,
    moves.ReasonMissing,
    ValueError,
    NothingToDo,
)


def reason_of(refusal: Exception) -> str:
    """Why one deal stays as it is, in the reader's words."""
    if isinstance(refusal, NotMet):
        return _("Missing: %(names)s") % {"names": comma().join(str(c) for c in refusal.criteria)}
    if isinstance(refusal, versions.Stale | versions.Conflict):
        return _("Somebody changed it meanwhile")
    if isinstance(refusal, NothingToDo):
        return _("It is so already")
    if isinstance(refusal, PermissionDenied | moves.ReasonMissing):
        return str(refusal)
    return _("This is not possible for the deal")


# Owner, expected close, stage -----------------------------------------------------------------------


class OwnerForm(forms.Form):
    owner = forms.ModelChoiceField(User.objects.none(), label=pgettext_lazy("deal", "Owner"), empty_label="—")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sellers = User.objects.people().exclude(role=User.Role.EXECUTIVE)
        self.fields["owner"].queryset = sellers  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    close_on = DayField(label=gettext_lazy("Expected close"))


class CategoryForm(forms.Form):
    forecast_category = forms.ChoiceField(
        choices=Deal.ForecastCategory.choices, label=gettext_lazy("Forecast category")
    )


class StageForm(forms.Form):
    stage = forms.ModelChoiceField(
        Stage.objects.exclude(kind__in=[Stage.Kind.LOST, Stage.Kind.GONE]).order_by("pipeline", "position"),
        label=gettext_lazy("Stage"),
        empty_label="—",
    )
    reason = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("Why it goes back"),
        help_text=gettext_lazy("Only for deals that go back"),
    )  # fmt: skip


def _hand_over(deal: Deal, values: dict[str, Any], *, seen: int, by: User) -> dict[str, Any]:
    before = deal.owner_id
    if values["owner"].pk == before:
        raise NothingToDo
    after = deals.hand_over(deal, values["owner"], by=by, seen=seen)
    return {"owner": before, "version": after.version}


def _hand_back(deal: Deal, undo: dict[str, Any], *, by: User) -> None:
    """By whoever did it, though the deals may not be theirs to change any more: as long as nobody has changed one since."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    versions.require(deal, undo["version"])
    deals.give(deal, User.objects.get(pk=undo["owner"]), by=by)


def _set_close(deal: Deal, values: dict[str, Any], *, seen: int, by: User) -> dict[str, Any]:
    before: date | None = deal.close_on
    versions.require(deal, seen)
    after = deals.edit_deal(deal, {"close_on": values["close_on"]}, {"close_on": before}, by=by)
    if after.close_on == before:
        raise NothingToDo
    edit = Event.objects.filter(deal_id=deal.pk, kind=DealEvent.EDITED).order_by("-pk").first()
    return {"event": edit.pk if edit else None}


def _unset(deal: Deal, undo: dict[str, Any], *, by: User) -> None:
    deals.take_back_edit(deal, Event.objects.get(pk=undo["event"]), by=by)


def _set_category(deal: Deal, values: dict[str, Any], *, seen: int, by: User) -> dict[str, Any]:
    before = deal.forecast_category
    versions.require(deal, seen)
    after = deals.edit_deal(deal, values, {"forecast_category": before}, by=by)
    if after.forecast_category == before:
        raise NothingToDo
    edit = Event.objects.filter(deal_id=deal.pk, kind=DealEvent.EDITED).order_by("-pk").first()
    return {"event": edit.pk if edit else None}


def _move(deal: Deal, values: dict[str, Any], *, seen: int, by: User) -> dict[str, Any]:
    to = values["stage"]
    if to.pk == deal.stage_id:
        raise NothingToDo
    after = moves.move_deal(deal, to, by=by, seen=seen, reason=values.get("reason", ""))
    return {"version": after.version}


def _unmove(deal: Deal, undo: dict[str, Any], *, by: User) -> None:
    access.require(by, "move deal", deal)
    moves.take_back(deal, by=by, seen=undo["version"])


register(Action("owner", gettext_lazy("Change the owner"), "user", OwnerForm, _hand_over, _hand_back))
register(Action("close", gettext_lazy("Change the expected close"), "cal", CloseForm, _set_close, _unset))
register(Action("category", gettext_lazy("Forecast category"), "flag", CategoryForm, _set_category, _unset))
register(Action("stage", gettext_lazy("Stage"), "stages", StageForm, _move, _unmove))
