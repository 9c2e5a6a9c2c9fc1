"""Lines of deals, of their history and of touches: what is made of their words, and what has to be corrected."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from crm.lib.text import comma, fold
from integrations.imports import cleaning
from integrations.imports.catalogue import Catalogue
from integrations.models import ImportRow
from pipeline.models import Stage
from staff import roles

Values = dict[str, Any]
Problems = list[dict[str, Any]]
Kind = Stage.Kind


def complete_deal(row: ImportRow, values: Values, problems: Problems, catalogue: Catalogue) -> None:
    """Stage, outcome, reason and people by their names; the days of a closed deal."""
    _require(values, problems, "deal_name", "no_deal")
    if not values.get("company_ref"):
        _require(values, problems, "company_name", "no_company")
    said = {"stage": values.get("stage", "")}
    stage = _stage(values, problems, catalogue)
    if stage is not None:
        stage = _with_outcome(stage, values, problems, catalogue)
    if channel := values.pop("channel", ""):
        found = catalogue.channel(channel)
        if found:
            values["channel"] = found.pk
        else:  # of another system's words nothing is lost
            values["outcome_note"] = _with_note(values, channel)
    if owner := values.pop("owner", ""):
        person = catalogue.person(owner)
        values |= {"owner": person.pk} if person else {"unknown_owner": owner}
    if reason := values.pop("loss_reason", ""):
        _loss_reason(values, reason, catalogue)
    if stage is None:
        return
    values["stage"] = stage.pk
    if not stage.is_open:
        _closing_day(values, problems, catalogue)
    elif values.pop("closed_on", ""):
        pass  # open again, or not closed yet
    if stage != catalogue.stages[0] and not may_enter_anywhere(catalogue):
        _tell(problems, "stage", "not_the_first_stage", said)


def may_enter_anywhere(catalogue: Catalogue) -> bool:
    """Whether an administrator chose that deals enter where they stand."""
    by = catalogue.batch.by
    allowed = by.is_system or roles.can(by, "administer")
    return allowed and bool(catalogue.batch.options.get("enter_at_stage"))


def _stage(values: Values, problems: Problems, catalogue: Catalogue) -> Stage | None:
    name = values.pop("stage", "")
    if not name:
        return catalogue.stages[0]
    stage = catalogue.stage(name)
    if stage is None:
        names = comma().join(str(stage) for stage in catalogue.stages)
        problems.append(cleaning.Bad("no_such_stage", stages=names).as_problem("stage", name))
    return stage


def _with_outcome(stage: Stage, values: Values, problems: Problems, catalogue: Catalogue) -> Stage:
    """受注 and 失注 of a column of its own close the deal, unless the stage says the opposite."""
    outcome = values.pop("outcome", "")
    if outcome not in ("won", "lost"):
        return stage
    kind = Kind.WON if outcome == "won" else Kind.LOST
    if stage.kind not in (Kind.OPEN, kind):
        _tell(problems, "outcome", "stage_and_outcome", {"outcome": outcome})
        return stage
    if stage.is_open:
        values["last_stage"] = stage.pk
    return catalogue.stage_of(kind)


def _closing_day(values: Values, problems: Problems, catalogue: Catalogue) -> None:
    today = timezone.localdate().isoformat()
    expected = values.get("close_on", "")
    day = (
        values.get("closed_on")
        or (expected if expected and expected <= today else "")
        or values.get("stage_on", "")
    )
    if not day:
        _tell(problems, "closed_on", "closed_without_day", values)
        return
    values["closed_on"] = day
    if values.get("created_on") and values["created_on"] > day:
        _tell(problems, "closed_on", "closed_before_made", values)


def _loss_reason(values: Values, reason: str, catalogue: Catalogue) -> None:
    found = catalogue.loss_reason(reason)
    if found is None:
        found = catalogue.other_reason
        values["outcome_note"] = _with_note(values, reason)
    if found is not None:
        values["loss_reason"] = found.pk


def _with_note(values: Values, text: str) -> str:
    note = values.get("outcome_note", "")
    return note if text in note else f"{note}\n{text}".strip()


def complete_change(row: ImportRow, values: Values, problems: Problems, catalogue: Catalogue) -> None:
    """One change of a deal, or how it stood on a day."""
    _require(values, problems, "happened_on", "no_day")
    if not row.sender_id:
        _require(values, problems, "deal_name", "no_such_deal")
    if name := values.pop("changed_field", ""):
        _one_field(values, problems, name, catalogue)
    if values.get("stage"):
        stage = catalogue.stage(str(values["stage"]))
        if stage is None:
            names = comma().join(str(stage) for stage in catalogue.stages)
            problems.append(
                cleaning.Bad("no_such_stage", stages=names).as_problem("stage", str(values["stage"]))
            )
        else:
            values["stage"] = stage.pk
    if not problems and all(values.get(key) in (None, "") for key in ("stage", "amount", "close_on")):
        _tell(problems, "stage", "nothing_changed", values)


_FIELDS = {
    "stage": "ステージ フェーズ 取引ステージ stage stagename dealstage ステータス 段階 案件ステージ 商談フェーズ",
    "amount": "金額 amount 商談金額 案件金額 受注金額 見込金額 見込み金額",
    "close_on": "受注予定日 完了予定日 クローズ日 closedate クローズ予定日 expectedclose 受注予定 完了日 expectedclosedate",
}
_FIELD_OF = {fold(word): key for key, words in _FIELDS.items() for word in words.split()}


def _one_field(values: Values, problems: Problems, name: str, catalogue: Catalogue) -> None:
    key = _FIELD_OF.get(fold(name))
    new, old = values.pop("new_value", ""), values.pop("old_value", "")
    if key is None:
        _tell(problems, "changed_field", "no_such_field", {"changed_field": name})
        return
    context = cleaning.Context(_today(), unit=catalogue.units.get("amount", 1))
    clean = {"amount": cleaning.amount, "close_on": cleaning.any_day}.get(key)
    for told, column in ((new, "new_value"), (old, "old_value")):
        if not told:
            continue
        try:
            value: Any = clean(told, context) if clean else told
        except cleaning.Bad as bad:
            problems.append(bad.as_problem(column, told))
            continue
        if column == "new_value":
            values[key] = value
        elif key != "stage":
            values[f"old_{key}"] = value
        elif stage := catalogue.stage(told):
            values["old_stage"] = stage.pk


def _today() -> Any:
    return timezone.localdate()


def complete_touch(row: ImportRow, values: Values, problems: Problems, catalogue: Catalogue) -> None:
    """A touch names somebody; its kind and channel by their names."""
    if not any(values.get(key) for key in ("email", "phone", "company_name", "family_name")):
        _tell(problems, "email", "nobody", values)
    kind = values.pop("touch_kind", "")
    if kind:
        found = catalogue.touch_kind(kind)
        values["touch_kind"] = found or "other"
        if not found and not values.get("detail"):
            values["detail"] = kind
    if channel := values.pop("channel", ""):
        of = catalogue.channel(channel)
        if of is None:
            names = comma().join(catalogue.channel_names)
            problems.append(
                cleaning.Bad("no_such_channel", "", channels=names).as_problem("channel", channel)
            )
        else:
            values["channel"] = of.pk


def _require(values: Values, problems: Problems, field: str, code: str) -> None:
    if not values.get(field) and all(problem["field"] != field for problem in problems):
        problems.append(cleaning.Bad(code).as_problem(field, ""))


def _tell(problems: Problems, field: str, code: str, values: Values) -> None:
    if all(problem["field"] != field for problem in problems):
        problems.append(cleaning.Bad(code).as_problem(field, str(values.get(field, ""))))
