"""Which column is which field: proposed from the headers and the values, remembered per source, decided by a person."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.lib import corporate_numbers, phones, tables
from crm.lib.text import fold
from integrations.imports import cleaning, fields, own_fields, presets
from integrations.imports.import_events import ImportEvent
from integrations.models import Import
from staff import events, roles, versions
from staff.models import User

_PERSON_KEYS = {field.key for field in fields.FIELDS if field.group is fields.PERSON}


class Unclear(Exception):
    """The columns as chosen make no list. `code` says why: no_name, twice (with `field`)."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.field = field

    @property
    def message(self) -> str:
        """What to do, in the reader's language."""
        if self.code == "twice":
            label = own_fields.label(self.field)
            return _("Two columns go to “%(field)s”. Choose another field for one of them.") % {
                "field": label
            }
        if self.code == "no_deal":
            return _("Some columns are missing. A deal needs its name, a change its day and what changed.")
        if self.code == "no_name":
            return _("No column holds a name. Choose the one with the company's, or the person's.")
        return _("Choose a field from the list.")


def signature(names: list[str]) -> str:
    """What lists of one source have in common: their header, without the columns that our own report adds."""
    kept = [fold(name) for name in _without_report(names)]
    return hashlib.sha256("\x1f".join(kept).encode()).hexdigest()


def propose(kind: str, names: list[str], samples: list[list[str]], preset: str = "") -> list[str]:
    """A field key for each column, "" where none fits. `samples` are some values of each column."""
    told = _told_by_app(kind, preset)
    given = {n for n, name in enumerate(names) if told.get(fold(name), presets.LEFT_OUT) != presets.LEFT_OUT}
    given |= {n for n, name in enumerate(names) if name in fields.REPORT_COLUMNS}
    mine = own_fields.proposed(kind, names, given)
    chosen = _built_in(
        kind,
        ["" if n in mine else name for n, name in enumerate(names)],
        [[] if n in mine else values for n, values in enumerate(samples)],
        told,
    )
    chosen = [mine.get(n, key) for n, key in enumerate(chosen)]
    left = [presets.LEFT_OUT if n in given else key for n, key in enumerate(chosen)]
    by_choices = own_fields.by_choices(kind, samples, mine, left)
    return [by_choices.get(n, key) for n, key in enumerate(chosen)]


def propose_built_in(kind: str, names: list[str], samples: list[list[str]], preset: str = "") -> list[str]:
    """`propose` of the product's own fields alone, without a database."""
    return _built_in(kind, names, samples, _told_by_app(kind, preset))


def _told_by_app(kind: str, preset: str) -> dict[str, str]:
    ours = {field.key for field in fields.of_kind(kind)} | {presets.LEFT_OUT}
    return {name: key for name, key in presets.fields_of(preset, kind).items() if key in ours}


def _built_in(kind: str, names: list[str], samples: list[list[str]], told: dict[str, str]) -> list[str]:
    """`propose` of the fields that every list of the kind has."""
    chosen = [told.get(fold(name), "") or _by_header(kind, name) for name in names]
    chosen = ["" if key == presets.LEFT_OUT else key for key in chosen]
    _settle_numbers(kind, names, chosen)
    _settle_what_names_leave_open(kind, names, chosen, told, samples)
    taken: set[str] = set()
    for n, key in enumerate(chosen):
        chosen[n] = "" if key in taken else key
        taken.add(key)
    for n, key in enumerate(chosen):
        if not key and names[n] not in fields.REPORT_COLUMNS:
            guess = _by_values(kind, samples[n])
            if guess and guess not in taken:
                chosen[n] = guess
                taken.add(guess)
    if kind == Import.Kind.DEALS and "owner" not in taken:
        # In a list of deals 担当者 is our own, unless another column says so.
        for n, name in enumerate(names):
            if chosen[n] == "person" and fold(name) in _OUR_OWN:
                chosen[n] = "owner"
    if "address" in taken and "city" in taken:
        # 都道府県・市区町村・住所: the last is the rest.
        chosen = ["street" if key == "address" and "street" not in taken else key for key in chosen]
    return chosen


def remembered(kind: str, names: list[str], *, but: int) -> dict[str, str] | None:
    """Column → the field that it was given by the last list of the source, if there was one.

    That is the last list with this header, else the one of the latest whose columns are mostly the same: a source adds
    one, or leaves one out.
    """
    lists = (
        Import.objects.filter(kind=kind)
        .exclude(pk=but)
        .exclude(state__in=[Import.State.READING, Import.State.MAPPING, Import.State.FAILED])
        .order_by("-pk")
    )
    here = _without_report(names)
    same = lists.filter(signature=signature(names)).first()
    last = same or _nearly_the_same(here, lists.only("columns")[:_LOOKED_AT])
    if last is None:
        return None
    there = {field.key for field in own_fields.of_kind(kind)}
    theirs = {
        column["name"]: column["field"] if column["field"] in there else ""
        for column in last.columns
        if column["name"] not in fields.REPORT_COLUMNS
    }
    # Of the same header each in its place, however it is written now.
    return dict(zip(here, theirs.values(), strict=False)) if same else theirs


def _without_report(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in fields.REPORT_COLUMNS]


# Of the latest lists, and the share of columns that have to be the same.
_LOOKED_AT, _MOSTLY = 50, 0.7


def _nearly_the_same(names: list[str], lists: Iterable[Import]) -> Import | None:
    here = set(names)

    def share(one: Import) -> tuple[float, int]:
        theirs = set(_without_report(column["name"] for column in one.columns))
        return len(here & theirs) / max(1, len(here | theirs)), one.pk

    best = max(lists, default=None, key=share)
    return best if best is not None and share(best)[0] >= _MOSTLY else None


def as_before(names: list[str], proposal: list[str], known: dict[str, str]) -> list[str]:
    """The proposal with what the last list of the source was given; a field goes to one column."""
    taken = {key for name, key in known.items() if key and name in names}
    return [known.get(name, "" if key in taken else key) for name, key in zip(names, proposal, strict=True)]


@transaction.atomic
def confirm(
    batch: Import, chosen: list[str], *, by: User, seen: int, enter_at_stage: bool | None = None
) -> Import:
    """The person's word on the columns; the workers go on with the check. The same word twice is said once.

    `enter_at_stage`: whether deals enter where they stand; None leaves it as it was said with the file.
    """
    batch = Import.objects.select_for_update().get(pk=batch.pk)
    if batch.state not in (Import.State.MAPPING, Import.State.READY):
        return batch
    versions.require(batch, seen)
    _require_clear(batch, chosen)
    batch.columns = [column | {"field": key} for column, key in zip(batch.columns, chosen, strict=True)]
    if enter_at_stage is not None and roles.can(by, "administer"):
        batch.options = batch.options | {"enter_at_stage": enter_at_stage}
    batch.state, batch.moved_at = Import.State.CHECKING, timezone.now()
    batch.done_count, batch.counts = 0, {}
    batch.version += 1
    batch.save()
    events.record(ImportEvent.MAPPED, batch, by=by, fields=[key for key in chosen if key])
    return batch


_ANYBODY = ("company_name", "person", "family_name", "email")
# Of each group one column has to be there.
_ENOUGH: dict[Import.Kind, list[tuple[str, ...]]] = {
    Import.Kind.LEADS: [_ANYBODY],
    Import.Kind.COMPANIES: [("company_name",)],
    Import.Kind.CONTACTS: [("company_name", "company_ref"), ("person", "family_name")],
    Import.Kind.DEALS: [("company_name", "company_ref"), ("deal_name",)],
    Import.Kind.TOUCHES: [(*_ANYBODY, "phone")],
    Import.Kind.HISTORY: [
        ("sender_id", "deal_name"),
        ("happened_on",),
        ("stage", "amount", "close_on", "changed_field"),
    ],
}


def _require_clear(batch: Import, chosen: list[str]) -> None:
    known = {field.key for field in own_fields.of_kind(batch.kind)} | {fields.IGNORED}
    if len(chosen) != len(batch.columns) or not known.issuperset(chosen):
        raise Unclear("unknown")
    used = [key for key in chosen if key]
    for key in used:
        if used.count(key) > 1:
            raise Unclear("twice", key)
    for enough in _ENOUGH[Import.Kind(batch.kind)]:
        if not set(enough).intersection(used):
            raise Unclear(
                "no_name" if "deal_name" not in enough and "happened_on" not in enough else "no_deal"
            )


_OUR_OWN = {fold(name) for name in ("担当者", "担当", "担当者名")}
_NUMBERS = {
    fold(name)
    for name in ("No", "No.", "番号", "連番", "通番", "整理番号", "コード", "code", "#", "行番号", "ナンバー")
}


def _settle_numbers(kind: str, names: list[str], chosen: list[str]) -> None:
    """Where nothing better names the line, its number does. Deals are found again by it, so there it has to be an id."""
    if "sender_id" in chosen or kind in (Import.Kind.DEALS, Import.Kind.HISTORY):
        return
    for n, name in enumerate(names):
        if not chosen[n] and fold(name) in _NUMBERS:
            chosen[n] = "sender_id"
            return


def _by_header(kind: str, name: str) -> str:
    if name in fields.REPORT_COLUMNS:
        return ""
    without_remark = re.sub(r"[(（\[【<＜*※].*$", "", name)
    last_word = name.split(" ")[-1]
    for folded in (
        fold(name), fold(without_remark), fold(re.sub(r"[0-9０-９]+$", "", without_remark)), fold(last_word),
    ):  # fmt: skip
        for field in fields.of_kind(kind):
            if folded and folded in field.names:
                return _below(kind, name, field.key)
    return ""


_COMPANY_GROUP = re.compile("会社|企業|法人|貴社|御社|取引先|勤務先|company", re.IGNORECASE)
_PERSON_GROUP = re.compile("担当|個人|来場者|参加者|contact|person", re.IGNORECASE)
_SAME_OF_BOTH = (("company_name", "person"), ("company_kana", "person_kana"), ("company_phone", "phone"))


def _below(kind: str, name: str, key: str) -> str:
    """The field of a column below a group that says whose it is: 会社 電話番号, 担当者 名称."""
    group, _space, last = name.rpartition(" ")
    if not group or not tables.leaves_open_whose(last):
        return key
    for of_company, of_person in _SAME_OF_BOTH:
        if key not in (of_company, of_person):
            continue
        meant = key
        if _PERSON_GROUP.search(group):
            meant = of_person
        elif _COMPANY_GROUP.search(group):
            meant = of_company
        return meant if kind in fields.BY_KEY[meant].kinds else key
    return key


_OPEN_NAMES = {fold(name): key for name, key in (("name", "name"), ("名称", "name"), ("kana", "kana"), ("カナ", "kana"),
               ("かな", "kana"), ("読み", "kana"), ("よみ", "kana"))}  # fmt: skip
_SHARED_NAMES = {fold(name) for name in ("フリガナ", "ふりがな")}


def _settle_what_names_leave_open(
    kind: str, names: list[str], chosen: list[str], told: dict[str, str], samples: list[list[str]]
) -> None:
    """`name`, カナ and 電話番号 belong to the company or to the person, depending on what else there is."""
    has_person = any(key in _PERSON_KEYS - {"phone", "email", "person_kana"} for key in chosen)
    has_company = "company_name" in chosen
    companies = kind == Import.Kind.COMPANIES
    for n, name in enumerate(names):
        folded = fold(name)
        if folded in told:
            continue
        if folded in _SHARED_NAMES and _is_of_the_company_before(n, chosen, samples):
            chosen[n] = "company_kana"
        elif folded in _OPEN_NAMES or (folded in _SHARED_NAMES and not has_person):
            is_company = companies and not (has_company and has_person)
            meant = _OPEN_NAMES.get(folded, "kana")
            if meant == "name":
                is_company = is_company and not has_company
                chosen[n] = "company_name" if is_company else "person"
            else:
                chosen[n] = "company_kana" if is_company else "person_kana"
    first_person = min(
        (n for n, key in enumerate(chosen) if key in _PERSON_KEYS - {"phone", "email"}), default=len(chosen)
    )
    for n, key in enumerate(chosen):
        if companies and key == "phone" and n < first_person and "company_phone" not in chosen:
            chosen[n] = "company_phone"


def _is_of_the_company_before(n: int, chosen: list[str], samples: list[list[str]]) -> bool:
    """会社名, フリガナ, 氏名, フリガナ: each is of the name before it, unless the readings are of 姓 and 名."""
    if not n or chosen[n - 1] != "company_name" or "company_kana" in chosen:
        return False
    filled = [value.split() for value in samples[n] if not cleaning.is_blank(value)]
    return sum(len(words) == 2 for words in filled) * 2 <= len(filled)


def _by_values(kind: str, values: list[str]) -> str:
    """What most of the values look like, for columns whose header says nothing."""
    filled = [unicodedata.normalize("NFKC", value) for value in values if not cleaning.is_blank(value)]
    if len(filled) < 2:
        return ""
    looks = {
        "email": lambda v: "@" in v and "." in v,
        "corporate_number": lambda v: bool(corporate_numbers.normalise(v)),
        "phone": lambda v: bool(phones.to_e164(v)) and bool(re.search(r"^[+0(].*\d{3}", v)),
        "company_name": lambda v: bool(re.search(r"(?:株式|有限|合同)会社|\((?:株|有)\)|㈱|㈲", v)),
    }
    allowed = {field.key for field in fields.of_kind(kind)}
    for key, test in looks.items():
        if key in allowed and sum(map(test, filled)) * 10 >= len(filled) * 8:
            return key
    return ""
