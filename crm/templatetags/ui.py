"""Small pieces of every screen. They return ready HTML and render no templates of their own: lists have 50 rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    Form,
    RadioSelect,
    Select,
    Textarea,
)
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from crm.lib import dates, money, phones
from crm.lib import text as texts
from crm.lib.text import comma

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=500)  # a page has some hundred of them, of few kinds
def icon(name: str, label: str = "") -> SafeString:
    """A 16 px stroke icon of the sprite; decoration unless it has a label."""
    sprite = static("icons.svg")
    if label:
        return format_html(
            '<svg class="i" role="img" aria-label="{}"><use href="{}#i-{}"/></svg>', label, sprite, name
        )
    return _icon(sprite, name)


@lru_cache(maxsize=200)
def _icon(sprite: str, name: str) -> SafeString:
    # A board has some hundreds of them: made once, and without quotes where HTML needs none.
    return format_html("<svg class=i aria-hidden=true><use href={}#i-{} /></svg>", sprite, name)


@register.simple_tag
def fixed(template_name: str) -> SafeString:
    """A piece that is the same on every page, rendered once for each language: `{% fixed "components/_shortcuts.html" %}`."""
    return _fixed(template_name, get_language() or "ja")


@lru_cache(maxsize=20)
def _fixed(template_name: str, language: str) -> SafeString:
    return render_to_string(template_name)


@register.simple_tag
def dot() -> str:
    """Between facts of one line: ・, in English · with spaces."""
    return texts.dot()


@register.filter(name="money")
def short_money(amount: Decimal | int | None) -> str:
    """¥1,280万 / ¥1億4,200万; in English ¥12.8M. For boards and dashboards."""
    return money.short(amount, get_language() or "ja") if amount is not None else ""


@register.filter
def yen(amount: Decimal | int | None) -> str:
    """¥12,800,000: records and quotes."""
    return money.full(amount) if amount is not None else ""


@register.filter
def money_parts(amount: Decimal | int | None) -> SafeString:
    """The amount with its units small: ¥1<small>億</small>4,200<small>万</small>, for figures."""
    pieces = money.parts(amount or 0, get_language() or "ja")
    return format_html_join("", "{}<small>{}</small>", [(digits, unit) for digits, unit in pieces])


@register.filter
def day(value: date | datetime | None) -> str:
    """今日, 7/14(火), far off 2026/11/30(月); in English Today, Tue, Jul 14."""
    if value is None:
        return ""
    when = timezone.localdate(value) if isinstance(value, datetime) else value
    return dates.near(when, timezone.localdate(), get_language() or "ja")


@register.filter
def moment(value: datetime | None) -> str:
    """The time today (10:42), else the near day with its time."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    if local.date() == timezone.localdate():
        return f"{local:%H:%M}"
    return f"{day(value)} {local:%H:%M}"


@register.filter
def clock(seconds: int) -> str:
    """08:42"""
    return f"{seconds // 60:02}:{seconds % 60:02}"


@register.filter
def phone(e164: str) -> str:
    """A number as people write it: 0263-00-0000."""
    return phones.national(e164) if e164 else ""


@register.simple_tag
def avatar(user: Any, me: Any = None, size: str = "", label: str = "") -> SafeString:
    """The first character of the family name in a circle; one's own is blue. `label` says who, where no name stands beside."""
    classes = (
        "ava"
        + (" ava--me" if me is not None and user.pk == me.pk else "")
        + (f" ava--{size}" if size else "")
    )
    return _avatar(classes, user.initial, label, "" if label else user.full_name)


@lru_cache(maxsize=2000)
def _avatar(classes: str, initial: str, label: str, full_name: str) -> SafeString:
    if label:
        return format_html('<span class="{}" role="img" aria-label="{}">{}</span>', classes, label, initial)
    return format_html(
        '<span class="{}" title="{}" aria-hidden="true">{}</span>', classes, full_name, initial
    )


@register.simple_tag
def edit_link(url: str, shown: Any, is_filled: Any, target: str = "#dialogs") -> SafeString:
    """A value that is changed where it stands; without one, the words that ask for it."""
    inside = conditional_escape(shown) if is_filled else _fill_in(get_language() or "ja")
    return mark_safe(  # noqa: S308 - addresses are our own, and what is shown is escaped
        f'<a class="{"edit" if is_filled else "edit edit--empty"}" href="{url}" hx-get="{url}" hx-target="{target}" '
        f'hx-swap="innerHTML">{inside}</a>'
    )


@lru_cache(maxsize=4)
def _fill_in(_language: str) -> SafeString:
    return format_html("{}{}", icon("plus"), _("Fill in"))


@register.simple_tag
def badge(text: str, kind: str = "", icon_name: str = "") -> SafeString:
    """A state: icon and word. `kind` is stall, warn, ok, ai, info or line."""
    classes = f"badge badge--{kind}" if kind else "badge"
    return format_html('<span class="{}">{}{}</span>', classes, icon(icon_name) if icon_name else "", text)


@register.simple_tag
def pips(met: int, total: int, proposed: int = 0) -> SafeString:
    """Exit criteria at a glance: one square each, filled when met, all green when all are met. An image: read by its label alone."""
    return _pips(met, total, proposed, get_language() or "ja")


@lru_cache(maxsize=1000)
def _pips(met: int, total: int, proposed: int, language: str) -> SafeString:
    if not total:
        return mark_safe("")  # noqa: S308 - nothing to show
    label = _("Exit criteria: %(met)s of %(total)s") % {"met": met, "total": total}
    squares = ["on"] * met + ["ai"] * min(proposed, total - met) + [""] * max(0, total - met - proposed)
    marks = format_html_join("", "<i{}></i>", [(mark_safe(f" class={s}") if s else "",) for s in squares])  # noqa: S308
    return format_html(
        '<span class="pips{}" role=img aria-label="{}">{}<b>{}/{}</b></span>',
        " done" if met == total else "", label, marks, met, total,
    )  # fmt: skip


@register.simple_tag
def stage_dot(stage: Any) -> SafeString:
    """The stage's colour and its name."""
    kind = {"won": "won", "lost": "lost"}.get(stage.kind, str(min(stage.position, 6)))
    return format_html('<span class="stage"><span class="dot dot--{}"></span>{}</span>', kind, str(stage))


@register.simple_tag
def bar(value: float, maximum: float, label: str, kind: str = "") -> SafeString:
    """A filled bar; `label` says what it shows to those who cannot see it."""
    classes = f"bar bar--{kind}" if kind else "bar"
    return format_html(
        '<progress class="{}" max="{}" value="{}" aria-label="{}"></progress>', classes, maximum, value, label
    )


@register.simple_tag
def spark(points: Sequence[float], width: int = 96, height: int = 24) -> SafeString:
    """Six weeks at a glance: a line ending in a dot. Decoration; the number stands beside it."""
    points = list(points)
    if len(points) < 2:
        return mark_safe("")  # noqa: S308
    low, high = min(points), max(points)
    span, step = (high - low) or 1, (width - 6) / (len(points) - 1)
    xy = [(3 + n * step, height - 3 - (p - low) / span * (height - 6)) for n, p in enumerate(points)]
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in xy)
    return format_html(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" aria-hidden="true">'
        '<path class="s-ai" d="{d}"/><circle class="f-ai" cx="{x}" cy="{y}" r="2.5"/></svg>',
        w=width, h=height, d=path, x=f"{xy[-1][0]:.1f}", y=f"{xy[-1][1]:.1f}",
    )  # fmt: skip


@register.simple_tag
def sla(remaining: timedelta, total_hours: int, name: str = "", words: str = "") -> SafeString:
    """A clock in words with its bar: あと 5時間12分, in red with 超過 when it is over. `words` say it otherwise."""
    left = remaining.total_seconds()
    used = min(max(total_hours - left / 3600, 0), total_hours)
    kind = "bad" if left < total_hours * 3600 / 8 else "warn" if left < total_hours * 3600 * 0.4 else ""
    label = _("Time left for %(name)s") % {"name": name}
    return format_html(
        '<span class="sla{}"><b>{}{}</b>{}</span>', f" sla--{kind}" if kind else "",
        icon("alert") if left < 0 else "", words or duration(remaining), bar(round(used, 1), total_hours, label, kind),
    )  # fmt: skip


def duration(remaining: timedelta) -> str:
    """あと 5時間12分 / 1時間 超過; in English 5 h 12 m left / 1 h over."""
    minutes = int(abs(remaining.total_seconds()) // 60)
    hours, minutes = divmod(minutes, 60)
    if remaining.total_seconds() < 0:
        return (
            _("%(hours)s h over") % {"hours": hours}
            if hours
            else _("%(minutes)s m over") % {"minutes": minutes}
        )
    return _("%(hours)s h %(minutes)s m left") % {"hours": hours, "minutes": f"{minutes:02}"}


@register.simple_tag
def once_key() -> SafeString:
    """The key by which the same form sent twice is done once."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid.uuid4())


@register.simple_tag
def field(
    bound: BoundField, hint: str = "", autofocus: bool = False, css: str = "", **attrs: Any
) -> SafeString:
    """A form field with its label, 必須 or 任意 in words, hint and error, tied together for screen readers.

    Further arguments become attributes of the control (`inputmode="decimal"`, `data_draft="memo"`).
    """
    if bound.is_hidden:
        return bound.as_widget()
    widget = bound.field.widget
    shown = str(hint or bound.help_text or "")
    attributes: dict[str, Any] = {name.replace("_", "-"): value for name, value in attrs.items()}
    attributes["class"] = f"{_class_of(widget)} {css}".strip()
    described_by = [f"{bound.auto_id}-hint"] * bool(shown) + [f"{bound.auto_id}-error"] * bool(bound.errors)
    if described_by:
        attributes["aria-describedby"] = " ".join(described_by)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    if autofocus:
        attributes["autofocus"] = True
    below = format_html(
        "{}{}",
        format_html('<p class="hint" id="{}-hint">{}</p>', bound.auto_id, shown) if shown else "",
        _errors(bound),
    )
    classes = "field field--error" if bound.errors else "field"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return _choices(bound, classes, attributes.get("aria-describedby", ""), below)
    control = bound.as_widget(attrs=attributes)
    if isinstance(widget, CheckboxInput):
        body = format_html('<label class="check">{}<span>{}</span></label>', control, capfirst(bound.label))
    else:
        body = format_html(
            '<label for="{}">{} {}</label>{}',
            bound.id_for_label,
            capfirst(bound.label),
            _mark(bound),
            control,
        )
    return format_html('<div class="{}">{}{}</div>', classes, body, below)


def _choices(bound: BoundField, classes: str, described_by: str, below: SafeString) -> SafeString:
    """Radio buttons or check boxes drawn as chips, in a fieldset whose id the summary of errors leads to."""
    chips = format_html_join(
        "", '<label class="chip">{}{}</label>', ((one.tag(), one.choice_label) for one in bound.subwidgets)
    )
    described = format_html(' aria-describedby="{}"', described_by) if described_by else ""
    return format_html(
        '<fieldset class="{}" id="{}" tabindex="-1"{}><legend class="label">{} {}</legend>'
        '<div class="chips">{}</div>{}</fieldset>',
        classes, bound.auto_id, described, capfirst(bound.label), _mark(bound), chips, below,
    )  # fmt: skip


def _mark(bound: BoundField) -> SafeString:
    """必須 or 任意, in words."""
    if bound.field.required:
        return format_html('<span class="req">{}</span>', _("Required"))
    return format_html('<span class="opt">{}</span>', _("Optional"))


def _class_of(widget: Any) -> str:
    if isinstance(widget, Textarea):
        return "textarea"
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        return ""
    return "select" if isinstance(widget, Select) else "input"


def _errors(bound: BoundField) -> SafeString | str:
    if not bound.errors:
        return ""
    texts = format_html_join(" ", "{}", ((e,) for e in bound.errors))
    return format_html(
        '<p class="err" id="{}-error">{}<span>{}</span></p>', bound.auto_id, icon("alert"), texts
    )


@register.simple_tag
def form_errors(form: Form) -> SafeString | str:
    """The summary above a form: the same words as at the fields, each leading to its field. It takes the focus."""
    if not form.errors:
        return ""
    count = sum(len(errors) for errors in form.errors.values())
    title = ngettext("%(n)s thing to correct", "%(n)s things to correct", count) % {"n": count}
    rows = format_html_join(
        "", "<li>{}</li>", ((_error_link(form, name, e),) for name, es in form.errors.items() for e in es)
    )
    return format_html(
        '<div class="note note--bad" role="alert" tabindex="-1" data-focus>{}'
        '<div class="grow"><b>{}</b><ul class="errlist">{}</ul></div></div>',
        icon("alert"), title, rows,
    )  # fmt: skip


def _error_link(form: Form, name: str, error: Any) -> SafeString:
    """The words of the error; for a field that is shown, leading there."""
    if name not in form.fields or form[name].is_hidden:
        return format_html("{}", error)
    bound = form[name]
    return format_html(
        '<a class="link" href="#{}">{}: {}</a>', bound.id_for_label or bound.auto_id, bound.label, error
    )


@register.simple_tag
def qr(svg: str) -> SafeString:
    """A QR code that we drew ourselves, inline: the policy of the pages allows no data: images."""
    drawing = svg[svg.index("<svg") :]
    return format_html(
        '<span class="qr" role="img" aria-label="{}">{}</span>',
        _("QR code for the authenticator app"), mark_safe(drawing),  # noqa: S308 - drawn by our own server
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def query(context: Any, **changes: Any) -> str:
    """The current address with these parameters changed (None or "" removes one) and the page position dropped."""
    params = context["request"].GET.copy()
    for gone in ("after", "before"):
        params.pop(gone, None)
    for name, value in changes.items():
        if value in (None, ""):
            params.pop(name, None)
        else:
            params[name] = value
    encoded = params.urlencode()
    return f"?{encoded}" if encoded else "."


@register.inclusion_tag("components/_pager.html", takes_context=True)
def pager(context: Any, page: Any) -> dict[str, Any]:
    """Links to the next and previous rows of a keyset page (`crm.lib.keyset.Page`)."""
    return {"page": page, "request": context["request"]}


@register.inclusion_tag("components/_empty.html")
def empty(
    title: str,
    text: str = "",
    url: str = "",
    action: str = "",
    icon_name: str = "check",
    url2: str = "",
    action2: str = "",
) -> dict[str, Any]:
    """Nothing to show, and what to do about it, with a second way. The icon "bars" draws the picture of a first use.

    Directly inside a `for`, Django takes the word for the loop's own `empty`; write it behind that one.
    """
    return {
        "title": title, "text": text, "url": url, "action": action, "icon": icon_name,
        "url2": url2, "action2": action2,
    }  # fmt: skip


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """mapping[key], or nothing."""
    return mapping.get(key) if mapping else None


@register.filter
def joined(items: Iterable[Any]) -> str:
    """Items with the comma of the language."""
    return comma().join(str(i) for i in items)
