"""What stands many times on the page of a deal: criteria, with the way to fill them in, and stages.

Written without templates: thirty criteria and eight stages took as long as four statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.lib import paths
from crm.templatetags import ui
from pipeline import wording
from pipeline.models import Deal, ExitCriterion, Stage

if TYPE_CHECKING:
    from pipeline.views.deal import Line, Step

register = template.Library()
Kind = ExitCriterion.Kind
# As much of what was said as one reads at a glance.
EVIDENCE = 120


@register.simple_tag
def staged_lines(lines: Sequence[Line], deal: Deal, may_log: bool) -> SafeString:
    """Names and values of the criteria of a stage in the staged input, with the words in which they were heard."""
    return mark_safe("".join([_staged(line, deal, may_log) for line in lines]))  # noqa: S308 - see _staged


def _staged(line: Line, deal: Deal, may_log: bool) -> str:
    """What people typed is escaped."""
    said, words = line.status.evidence, ""
    if said:
        words = f'<blockquote class="xs mute">{escape(Truncator(said).chars(EVIDENCE))}</blockquote>'
    return f"<div><dt>{escape(line.status.criterion)}</dt><dd>{_value(line, deal, may_log)}{words}</dd></div>"


def _value(line: Line, deal: Deal, may_log: bool) -> str:
    if line.can_be_filled and may_log:
        return ui.edit_link(_fill_url(line, deal), line.shown, line.status.is_met)
    if line.status.is_met:
        return escape(line.shown or pgettext("criterion", "done"))
    return f'<span class="sm">{fill_link(line, deal)}</span>' if may_log else "—"


@register.simple_tag
def stepper(steps: Sequence[Step], deal: Deal, may_edit: bool) -> SafeString:
    """The stages in a row, each with its days or its probability; those that may be entered ask for what they need."""
    move = paths.of("pipeline:deal-stage", deal.pk)
    return mark_safe("".join([_step(step, move if may_edit else "") for step in steps]))  # noqa: S308 - see _step


def _step(step: Step, move: str) -> str:
    """Names of stages are escaped."""
    is_current = step.state == "current"
    mark = ""
    if step.state == "done":
        mark = ' class="done"'
    elif is_current:
        mark = ' aria-current="step"'
    elif step.stage.kind == Stage.Kind.WON:
        mark = ' class="won"'
    url = f"{move}?to={step.stage.pk}"
    opens = f' hx-get="{url}" hx-target="#dialogs" hx-swap="innerHTML"'
    link = f'href="{url}"{opens}' if move and not is_current else 'href="#gate"'
    return f"<li{mark}><a {link}><span>{escape(step.stage)}</span><small>{_stay(step)}</small></a></li>"


def _stay(step: Step) -> str:
    if step.state == "current" and step.stage.is_open:
        return _("day %(n)s · aim %(patience)s") % {
            "n": (step.days or 0) + 1,
            "patience": step.stage.patience_days,
        }
    if step.state == "done":
        return ngettext("%(n)s day", "%(n)s days", step.days or 0) % {"n": step.days}
    return f"{step.stage.probability}%" if step.stage.is_open else ""


@register.simple_tag
def fill_link(line: Line, deal: Deal) -> SafeString:
    """Where a criterion that is not met is met: its dialog, the log, the approval, the company, the next action."""
    criterion = line.status.criterion
    if line.can_be_filled:
        words = _("Attach") if criterion.kind == Kind.FILE else _("Fill in")
        return _dialog(_fill_url(line, deal), words)
    if criterion.kind == Kind.ACTIVITY:
        asked = f"?deal={deal.pk}&amp;kind={escape(criterion.activity_kinds[0])}"
        return _dialog(paths.of("activities:log") + asked, _("Log it"))
    if criterion.kind == Kind.APPROVAL:
        return _dialog(paths.of("pipeline:deal-approval", deal.pk, criterion.pk), _("Approval"))
    if criterion.kind == Kind.ABSENCE:
        return mark_safe(f'<span class="mute">{escape(wording.met_when(criterion))}</span>')  # noqa: S308 - escaped
    if criterion.asks_own_field:
        return _link(deal.company.get_absolute_url(), _("To the company"))
    return _link(f"{deal.get_absolute_url()}#next-actions", _("Decide"))


def _fill_url(line: Line, deal: Deal) -> str:
    return paths.of("pipeline:deal-criterion", deal.pk, line.status.criterion.pk)


def _dialog(url: str, words: str) -> SafeString:
    return mark_safe(  # noqa: S308 - our own addresses and words
        f'<a href="{url}" hx-get="{url}" hx-target="#dialogs" hx-swap="innerHTML">{escape(words)}</a>'
    )


def _link(url: str, words: str) -> SafeString:
    return mark_safe(f'<a href="{url}">{escape(words)}</a>')  # noqa: S308 - our own addresses and words
