"""How what happens to companies and people reads on a timeline."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.company_events import (
    BinEvent,
    CompanyEvent,
    ContactEvent,
    DuplicateEvent,
    MatchEvent,
    MergeEvent,
)
from accounts.dedup.wording import OF_SITES, REASONS
from accounts.models import Company, Contact, MatchRule
from crm.lib import phones
from staff import wording
from staff.models import Event

_PHONES = {"phone", "mobile"}
_REFERENCES = {"owner", "division", "site", "changed_on"}


def register() -> None:
    """Called once, when the app is ready."""
    wording.register(
        MatchEvent.RULES_PUBLISHED,
        "merge",
        lambda e: _("let version %(n)s of the rules of matching hold") % {"n": e.data["version"]},
    )
    wording.register(MatchEvent.SCAN_ASKED, "merge", lambda e: _("compared all companies with one another"))
    wording.register(MatchEvent.SCAN_WENT_ON, "merge", lambda e: _("compared all companies with one another"))
    wording.register(CompanyEvent.CREATED, "company", lambda e: _("added the company %(name)s") % _name(e))
    wording.register(CompanyEvent.EDITED, "company", lambda e: _changes(e, Company))
    wording.register(CompanyEvent.RENAMED, "company", lambda e: _changes(e, Company))
    wording.register(CompanyEvent.APPENDED, "upload", lambda e: _appended(e, Company))
    wording.register(CompanyEvent.RESTRICTED, "lock", lambda e: _("limited who sees the company"))
    wording.register(CompanyEvent.OPENED, "lock", lambda e: _("opened the company to everyone"))
    wording.register(
        CompanyEvent.DIVISION_ADDED, "tree", lambda e: _("added the division %(name)s") % _name(e)
    )
    wording.register(CompanyEvent.SITE_ADDED, "visit", lambda e: _("added the site %(name)s") % _name(e))
    wording.register(
        CompanyEvent.DIVISION_EDITED, "tree", lambda e: _("changed the division %(name)s") % _name(e), _place
    )
    wording.register(
        CompanyEvent.SITE_EDITED, "visit", lambda e: _("changed the site %(name)s") % _name(e), _place
    )
    wording.register(
        CompanyEvent.SITE_LEFT,
        "visit",
        lambda e: _("The site %(name)s belongs to another company now") % _name(e),
    )
    wording.register(CompanyEvent.GROUPED, "tree", lambda e: _("changed the group of the company"))
    wording.register(CompanyEvent.KNOWN_BY_MORE, "company", _known_by_more)
    wording.register(
        CompanyEvent.STRUCK, "x", lambda e: _("struck out %(name)s, which is not the company's") % _name(e)
    )
    wording.register(CompanyEvent.FILE_ATTACHED, "doc", lambda e: _("attached %(name)s") % _name(e))
    wording.register(CompanyEvent.FILE_REMOVED, "doc", lambda e: _("removed %(name)s") % _name(e))
    wording.register(ContactEvent.MOVED, "arrow", _moved, _work)
    wording.register(ContactEvent.LEFT, "out", _left)
    wording.register(ContactEvent.JOINED, "arrow", _joined, _work)
    wording.register(
        ContactEvent.ARRIVED, "arrow", lambda e: _("%(name)s has the new position from today") % _name(e)
    )
    wording.register(ContactEvent.STAYED, "undo", lambda e: _("%(name)s is still there") % _name(e))
    wording.register(ContactEvent.TOOK_ON, "card", _took_on, _work)
    wording.register(ContactEvent.GAVE_UP, "card", _gave_up)
    for kind in (CompanyEvent.REMOVED, CompanyEvent.PLACE_REMOVED, ContactEvent.REMOVED):
        wording.register(kind, "undo", lambda e: _("took back %(name)s, which an import had made") % _name(e))
    for kind in (CompanyEvent.RESTORED, ContactEvent.RESTORED):
        wording.register(kind, "undo", lambda e: _("took back what an import had filled in"))
    wording.register(ContactEvent.CREATED, "card", lambda e: _("added the person %(name)s") % _name(e))
    wording.register(ContactEvent.EDITED, "card", lambda e: _changes(e, Contact))
    wording.register(ContactEvent.APPENDED, "upload", lambda e: _appended(e, Contact))
    wording.register(
        DuplicateEvent.DIFFERENT, "merge", lambda e: _("decided: not the same as another record")
    )
    wording.register(DuplicateEvent.LATER, "merge", lambda e: _("put off the question about a duplicate"))
    wording.register(DuplicateEvent.REOPENED, "merge", lambda e: _("asks again about a duplicate"))
    wording.register(MergeEvent.MERGED, "merge", _merged)
    wording.register(MergeEvent.UNDONE, "undo", lambda e: _("took apart again: %(name)s") % _name(e))
    wording.register(BinEvent.REMOVED, "trash", lambda e: _("put into the bin: %(name)s") % _name(e))
    wording.register(BinEvent.RESTORED, "undo", lambda e: _("restored %(name)s") % _name(e))
    _register_values()


def _register_values() -> None:
    for kind in (CompanyEvent.RESTRICTED, CompanyEvent.OPENED):
        wording.register_value(kind, "given", gettext_lazy("who may see it"))
    for kind in (ContactEvent.MOVED, ContactEvent.JOINED, ContactEvent.TOOK_ON, ContactEvent.GAVE_UP):
        wording.register_value(kind, "work", gettext_lazy("Position"))
    for kind in (DuplicateEvent.DIFFERENT, DuplicateEvent.LATER, DuplicateEvent.REOPENED):
        wording.register_value(kind, "state")
    wording.register_value(MergeEvent.MERGED, wording.ANY)
    wording.register_value(
        MatchEvent.RULES_PUBLISHED, wording.ANY, _rule, lambda verdict: MatchRule.Verdict(verdict).label
    )


def _rule(keys: str) -> str:
    """同じ社名 + 同じ電話番号, of the keys of a rule."""
    of_sites = keys.startswith("site: ")
    words = OF_SITES if of_sites else REASONS
    told = " + ".join(str(words.get(key, key)) for key in keys.removeprefix("site: ").split(" + "))
    return f"{_('Site')}: {told}" if of_sites else told


def _merged(event: Event) -> str:
    if event.data.get("of") == "placing":
        return _("made %(name)s a site") % _name(event)
    return _("merged with %(name)s") % _name(event)


def _name(event: Event) -> dict[str, Any]:
    return {"name": event.data.get("name", "")}


def _known_by_more(event: Event) -> str:
    if event.data.get("undo"):
        return _("took back that %(name)s was struck out") % _name(event)
    return _("noted that the company is also known by %(name)s") % _name(event)


def _on(event: Event) -> dict[str, Any]:
    day = date.fromisoformat(str(event.data.get("on", "")))
    return {**_name(event), "day": f"{day:%Y/%-m/%-d}"}


def _moved(event: Event) -> str:
    return _("%(name)s has a new position from %(day)s") % _on(event)


def _left(event: Event) -> str:
    text = _("%(name)s leaves the company on %(day)s") % _on(event)
    heir = event.data.get("successor_name")
    return text + " · " + _("followed by %(person)s") % {"person": heir} if heir else text


def _took_on(event: Event) -> str:
    return _("%(name)s has an additional position from %(day)s") % _on(event)


def _gave_up(event: Event) -> str:
    return _("%(name)s gives up an additional position on %(day)s") % _on(event)


def _joined(event: Event) -> str:
    return _("%(name)s comes from another company on %(day)s") % _on(event)


def _work(event: Event) -> str:
    before, after = event.before.get("work", ""), event.after.get("work", "")
    return f"{before or '—'} → {after or '—'}" if event.before else str(after)


def _place(event: Event) -> str:
    """Old and new values of what was changed."""
    parts = []
    for field, after in event.after.items():
        before, now = _shown(field, event.before.get(field)), _shown(field, after)
        parts.append(f"{before} → {now}")
    return " / ".join(parts)


def _changes(event: Event, model: type[Company] | type[Contact]) -> str:
    """業種: 機械 → 精密機械; of what is not a plain text only its label."""
    parts = []
    for field, after in event.after.items():
        label = model._meta.get_field(field).verbose_name  # type: ignore[union-attr]
        if field in _REFERENCES or field == "notes":
            parts.append(_("changed %(field)s") % {"field": label})
            continue
        before, now = _shown(field, event.before.get(field)), _shown(field, after)
        parts.append(f"{label}: {before} → {now}")
    return " / ".join(parts) or _("kept what is there")


def _appended(event: Event, model: type[Company] | type[Contact]) -> str:
    labels = [str(model._meta.get_field(field).verbose_name) for field in event.after]  # type: ignore[union-attr]
    text = ngettext("filled %(n)s field", "filled %(n)s fields", len(labels)) % {"n": len(labels)}
    source = event.data.get("source", "")
    return f"{text}: {', '.join(labels)}" + (f" ({source})" if source else "")


def _shown(field: str, value: Any) -> str:
    if value in (None, ""):
        return "—"
    return phones.national(value) if field in _PHONES else str(value)
