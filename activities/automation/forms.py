"""The editor of an automation: when, if, then; blank rows count for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from activities.automation import actions, conditions, setting, watching
from activities.automation.names import Names
from activities.models import ActivityKind, Automation, TextTemplate
from activities.substitution import unknown
from crm.lib.text import clean_text
from pipeline.models import Stage
from pipeline.stage_field import StageField, in_use, named
from staff.models import User

ROWS = 3
PLACES = ("deal", "company", "owner")
# The parts of an action, and for which actions each is asked.
ACTION_PARTS = {
    "whom": "todo notify assign", "text": "todo notify", "activity": "todo", "days": "todo", "field": "set",
    "value": "set", "stage": "move", "template": "mail", "by_mail": "notify",
}  # fmt: skip
Trigger = Automation.Trigger


@dataclass(frozen=True)
class Part:
    """One condition or action of the editor: its fields, each with the kinds of action that ask for it.

    Of a condition the fields after the first are fetched anew when another first one is chosen.
    """

    fields: list[tuple[forms.BoundField, str]]
    fetched: str = ""

    @property
    def is_used(self) -> bool:
        return bool(self.fields[0][0].value()) or any(bound.errors for bound, _kinds in self.fields)


def _fetching(place: str) -> forms.Select:
    """A choice of a field that fetches the field's own way of taking a value."""
    swap = {"hx-get": reverse("activities:automation-new"), "hx-trigger": "change", "hx-swap": "outerHTML"}
    return forms.Select(attrs={**swap, "hx-target": place, "hx-select": place})


class AutomationForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    trigger = forms.ChoiceField(label=pgettext_lazy("automation", "When"), choices=Trigger.choices)
    stage = StageField(
        Stage.Kind.OPEN, label=gettext_lazy("Stage"), required=False, empty_label="—",
        help_text=gettext_lazy("For entering and standing still; empty: any."),
    )  # fmt: skip
    field = forms.ChoiceField(
        label=gettext_lazy("Field"), required=False, help_text=gettext_lazy("For a change or a date.")
    )
    offset_days = forms.IntegerField(
        label=gettext_lazy("Days after the date"), min_value=-365, max_value=365, required=False,
        help_text=gettext_lazy("-3: three days before."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names, self.needed = Names(), dict[int, bool]()
        self.fields["field"].choices = [("", "—"), *watching.offered(self.names)]  # type: ignore[attr-defined]
        people = [(str(p.pk), p.full_name) for p in User.objects.people()]
        targets = in_use(Stage.Kind.OPEN, Stage.Kind.WON)
        stages = [("", "—"), *((str(stage.pk), named(stage)) for stage in targets)]
        mails = TextTemplate.objects.filter(kind=TextTemplate.Kind.MAIL, is_active=True)
        texts = [("", "—"), *((str(t.pk), t.name) for t in mails)]
        for n in range(ROWS):
            self._add_condition(n)
            self._add_action(n, people, stages)
            self.fields[f"do{n}_template"] = forms.ChoiceField(
                label=_("Mail to the customer"), choices=texts, required=False
            )

    def _add_condition(self, n: int) -> None:
        given = self.data if self.is_bound else self.initial
        key = str(given.get(f"if{n}_field") or "")
        asked = [("", "—"), *conditions.offered(self.names, key)]
        operators = conditions.operators(key, self.names)
        self.fields[f"if{n}_field"] = forms.ChoiceField(
            label=_("If"), choices=asked, required=False, widget=_fetching(f"#id_if{n}-part")
        )
        self.fields[f"if{n}_op"] = forms.ChoiceField(label=_("Compare"), choices=operators, required=False)
        self.fields[f"if{n}_value"] = conditions.value_field(key, self.names)
        self.fields[f"if{n}_value"].label = _("Value")

    def _add_action(self, n: int, people: list[tuple[str, str]], stages: list[tuple[str, str]]) -> None:
        whom = [("owner", _("the owner")), ("managers", _("the managers")), *people]
        kinds = [("", "—"), *actions.KINDS.items()]
        self.fields |= {
            f"do{n}_kind": forms.ChoiceField(label=_("Then"), choices=kinds, required=False),
            f"do{n}_whom": forms.ChoiceField(label=_("Whom"), choices=whom, required=False),
            f"do{n}_text": forms.CharField(
                label=_("Text"), max_length=120, required=False, widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("{{ deal }}, {{ company }} and {{ owner }} are filled in.") if n == 0 else "",
            ),
            f"do{n}_activity": forms.ChoiceField(
                label=_("Kind of todo"), choices=ActivityKind.choices, required=False
            ),
            f"do{n}_days": forms.IntegerField(
                label=_("Due in business days"), min_value=0, max_value=120, required=False
            ),
            f"do{n}_field": self._chooser(n),
            f"do{n}_value": self._value_field(n),
            f"do{n}_stage": forms.ChoiceField(label=_("To stage"), choices=stages, required=False),
            f"do{n}_by_mail": forms.BooleanField(label=_("by mail too"), required=False),
        }  # fmt: skip

    def _chooser(self, n: int) -> forms.Field:
        """Which field is set; choosing another one fetches its own way of taking a value."""
        offered = [("", "—"), *setting.offered(self.names)]
        widget = _fetching(f"#id_do{n}_value-part")
        return forms.ChoiceField(label=_("Field to set"), choices=offered, required=False, widget=widget)

    def _value_field(self, n: int) -> forms.Field:
        given = self.data if self.is_bound else self.initial
        made = setting.form_field(str(given.get(f"do{n}_field") or ""), self.names)
        # Whether it may be empty is asked only where the row sets something.
        self.needed[n], made.required = made.required, False
        made.label = _("Value")
        return made

    @classmethod
    def of(cls, automation: Automation) -> AutomationForm:
        initial: dict[str, Any] = {
            "seen": automation.version, "trigger": automation.trigger, "stage": automation.stage_id,
            "field": automation.field, "offset_days": automation.offset_days,
        }  # fmt: skip
        names = Names()
        for n, condition in enumerate(automation.conditions[:ROWS]):
            initial |= {f"if{n}_field": condition["field"], f"if{n}_op": condition["op"]}
            initial[f"if{n}_value"] = conditions.typed(condition, names)
        for n, action in enumerate(automation.actions[:ROWS]):
            initial |= {f"do{n}_{name}": value for name, value in action.items()}
            if action["kind"] == "set":
                initial[f"do{n}_value"] = setting.typed(action["field"], action["text"], names)
        return cls(initial=initial)

    def condition_rows(self) -> list[Part]:
        names = ("field", "op", "value")
        return [Part([(self[f"if{n}_{name}"], "") for name in names], f"id_if{n}-part") for n in range(ROWS)]

    def action_rows(self) -> list[Part]:
        kinds = [("kind", ""), *ACTION_PARTS.items()]
        return [Part([(self[f"do{n}_{name}"], wanted) for name, wanted in kinds]) for n in range(ROWS)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        trigger = values.get("trigger", "")
        about = "lead" if trigger in Automation.LEAD_TRIGGERS else "deal"
        if trigger == Trigger.FIELD_CHANGED and not values.get("field"):
            self.add_error("field", _("Choose the field."))
        if trigger == Trigger.DATE_REACHED and not watching.is_date(values.get("field") or "", self.names):
            self.add_error("field", _("Choose a date."))
        values["offset_days"] = values.get("offset_days") or 0
        for n in range(ROWS):
            if values.get(f"do{n}_kind") != "set":
                self.errors.pop(f"do{n}_value", None)  # what a row does not ask for is not looked at
            if not values.get(f"if{n}_field") or values.get(f"if{n}_op") in ("filled", "empty"):
                self.errors.pop(f"if{n}_value", None)
        values["conditions"] = [c for n in range(ROWS) if (c := self._condition(n, values, about))]
        values["actions"] = [a for n in range(ROWS) if (a := self._action(n, values, about))]
        if not values["actions"] and not self.errors:
            self.add_error("do0_kind", _("Choose what it does."))
        return values

    def _condition(self, n: int, values: dict[str, Any], about: str) -> dict[str, str] | None:
        field, op = values.get(f"if{n}_field"), values.get(f"if{n}_op", "")
        if not field or f"if{n}_value" in self.errors:
            return None
        try:
            return conditions.read(field, op, self.data.get(f"if{n}_value", ""), about, self.names)
        except conditions.Unreadable as problem:
            self.add_error(f"if{n}_value", str(problem))
            return None

    def _action(self, n: int, values: dict[str, Any], about: str) -> dict[str, Any] | None:
        kind = values.get(f"do{n}_kind")
        if not kind:
            return None
        text = " ".join(clean_text(values.get(f"do{n}_text") or "").split())
        whom = values.get(f"do{n}_whom") or "owner"
        if kind == "move" and about == "lead":
            self.add_error(f"do{n}_kind", _("This does not go with the trigger."))
        elif kind in ("todo", "notify") and not text:
            self.add_error(f"do{n}_text", _("Enter the words."))
        elif strange := unknown(text, PLACES):
            self.add_error(f"do{n}_text", _("{{ %(name)s }} is not known.") % {"name": strange[0]})
        elif kind == "assign" and not whom.isdecimal():
            self.add_error(f"do{n}_whom", _("Choose a person."))
        elif kind == "move" and not values.get(f"do{n}_stage"):
            self.add_error(f"do{n}_stage", _("Choose the stage."))
        elif kind == "mail" and not values.get(f"do{n}_template"):
            self.add_error(f"do{n}_template", _("Choose the mail."))
        elif kind == "set":
            self._check_value(n, values, about)
        action = {"kind": kind}
        if kind in ("todo", "notify", "assign"):
            action["whom"] = whom
        if kind in ("todo", "notify"):
            action["text"] = text
        if kind == "todo":
            days, activity = values.get(f"do{n}_days"), values.get(f"do{n}_activity")
            return {**action, "days": days or 0, "activity": activity or ActivityKind.CALL}
        if kind == "notify":
            return {**action, "by_mail": bool(values.get(f"do{n}_by_mail"))}
        if kind == "set":
            action |= {
                "field": values.get(f"do{n}_field") or "",
                "text": setting.kept(values.get(f"do{n}_value")),
            }
        if kind == "mail":
            action["template"] = values.get(f"do{n}_template") or ""
        if kind == "move":
            action["stage"] = values.get(f"do{n}_stage") or ""
        return action

    def _check_value(self, n: int, values: dict[str, Any], about: str) -> None:
        field = values.get(f"do{n}_field") or ""
        if not field:
            self.add_error(f"do{n}_field", _("Choose the field."))
        elif setting.about(field, self.names) != about:
            self.add_error(f"do{n}_field", _("This does not go with the trigger."))
        elif (
            self.needed[n] and f"do{n}_value" not in self.errors and not setting.kept(values[f"do{n}_value"])
        ):
            self.add_error(f"do{n}_value", _("This field is never empty."))
