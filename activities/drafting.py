"""The next action that a memo speaks of: 「来週火曜に見積を送る」 is a mail on Tuesday. Proposed, never written by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from activities.models import ActivityKind
from crm.lib import dates, workdays

_DAY = timedelta(days=1)
# Without a day in the memo: soon enough that nobody forgets.
USUAL_DAYS = 3
LONGEST_AHEAD = timedelta(days=365)
_WEEKDAYS = "月火水木金土日"
_ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# What is to be done, the first that fits.
_KINDS: list[tuple[str, re.Pattern[str]]] = [
    (ActivityKind.VISIT, re.compile(r"訪問|伺|うかが|お邪魔|現場|見学|立ち会|\bvisit")),
    (ActivityKind.MEETING, re.compile(r"打ち?合わ?せ|商談|会議|面談|デモ|説明会|ミーティング|\bmeet|\bdemo")),
    (ActivityKind.PROPOSAL, re.compile(r"提案(書|資料)?を?(出|提出|見せ|持)|\bpropos")),
    (ActivityKind.MAIL, re.compile(r"メール|送|見積|資料|返信|\bmail|\be-mail|\bsend")),
    (ActivityKind.CALL, re.compile(r"電話|架電|連絡|確認|聞|\bcall|\bphone|\bask")),
]
# 「資料を送る」 is still to be done, 「資料を送った」 is not.
_TO_DO = re.compile(
    r"(送る|送ります|する|します|伺う|伺います|聞く|聞きます|出す|出します|持参|予定|こと|必要|宿題|\bwill\b|\bto do\b|\bneed to\b).{0,6}$"
)
_SENTENCES = re.compile(r"[。．！？!?\n]+|\.\s")
_PARTICLES = re.compile(r"^(までには|までに|まで|中に|中|には|に|の|は|、|,|\s)+")
_MARKED = re.compile(r"^\s*(■[^：:]*[：:]|[・\-*]|宿題[：:]?|次(回|にすること)?[：:])\s*")


@dataclass(frozen=True)
class Draft:
    """What a person may take over: the words, the kind, the day."""

    title: str
    kind: str
    on: date


def draft(memo: str, today: date, calendar: workdays.Calendar) -> Draft | None:
    """The last thing in the memo that is still to be done; None when it speaks of none."""
    text = unicodedata.normalize("NFKC", memo)
    for sentence in reversed([part.strip() for part in _SENTENCES.split(text)]):
        found = _of_sentence(_MARKED.sub("", sentence), today, calendar)
        if found:
            return found
    return None


def _of_sentence(sentence: str, today: date, calendar: workdays.Calendar) -> Draft | None:
    lowered = sentence.casefold()
    kind = next((kind for kind, pattern in _KINDS if pattern.search(lowered)), "")
    for pattern, day_of in _DAYS:
        match = pattern.search(lowered)
        day = day_of(match, today, calendar) if match else None
        if match and day and today <= day <= today + LONGEST_AHEAD:
            title = _without(sentence, *match.span())
            return Draft(title, kind or ActivityKind.CALL, day) if title or kind else None
    if kind and _TO_DO.search(lowered):
        return Draft(sentence[:160], kind, workdays.add(today, USUAL_DAYS, calendar))
    return None


def _without(sentence: str, begin: int, end: int) -> str:
    """The sentence without its day: what is done then."""
    rest = _PARTICLES.sub("", sentence[end:].strip())
    return (sentence[:begin].rstrip(" 、,") + rest).strip(" 、,")[:160]


# Days as people write them in memos ---------------------------------------------------------------------

Reading = Callable[[re.Match[str], date, workdays.Calendar], date | None]


def _written(match: re.Match[str], today: date, calendar: workdays.Calendar) -> date | None:
    try:
        return dates.parse(match[0], today)
    except dates.NotADate:
        return None


def _day_of_month(match: re.Match[str], today: date, calendar: workdays.Calendar) -> date | None:
    first = today.replace(day=1)
    for month in (first, _next_month(first)):
        try:
            day = month.replace(day=int(match[1]))
        except ValueError:
            continue
        if day >= today:
            return day
    return None


def _in_days(match: re.Match[str], today: date, calendar: workdays.Calendar) -> date | None:
    count = min(int(match[1]), 400)
    if match[2] == "営業日":
        return workdays.add(today, count, calendar)
    days = {"日": 1, "週間": 7}.get(match[2], 30)
    return workdays.add(today + timedelta(days=count * days), 0, calendar)


def _of_week(match: re.Match[str], today: date, calendar: workdays.Calendar) -> date | None:
    weeks = {"今週": 0, "来週": 1, "再来週": 2}[match[1]]
    monday = today + timedelta(days=7 * weeks - today.weekday())
    if match[2]:
        return monday + timedelta(days=_WEEKDAYS.index(match[2]))
    late = match[3] in ("中", "末") or not weeks
    return workdays.add(max(today, monday + timedelta(days=4 if late else 0)), 0, calendar)


def _of_month(match: re.Match[str], today: date, calendar: workdays.Calendar) -> date | None:
    first = today.replace(day=1)
    month = _next_month(first) if match[1] == "来月" else first
    if match[2] == "末":
        return workdays.add(_next_month(month) - _DAY, 0, calendar)
    begins = {"中旬": 11, "下旬": 21}.get(match[2] or "", 1)
    return workdays.add(max(today, month.replace(day=begins)), 0, calendar)


def _next_weekday(match: re.Match[str], today: date, calendar: workdays.Calendar) -> date | None:
    wanted = _ENGLISH.index(match[1]) if match[1] in _ENGLISH else _WEEKDAYS.index(match[1])
    return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _plus(days: int) -> Reading:
    return lambda match, today, calendar: today + timedelta(days=days)


_DAYS: list[tuple[re.Pattern[str], Reading]] = [
    (re.compile(r"\d{4}[/年.-]\d{1,2}[/月.-]\d{1,2}日?|\d{1,2}[/月]\d{1,2}日?"), _written),
    (re.compile(r"(?:in )?(\d{1,3})\s*(営業日|日|週間|か月|ヶ月|カ月)(?:後|以内)"), _in_days),
    (re.compile(r"in (\d{1,3}) (day)s?"), lambda m, today, c: today + timedelta(days=min(int(m[1]), 400))),
    (re.compile(r"(再来週|来週|今週)の?(?:([月火水木金土日])曜?日?|(頭|初め|明け|中|末))?"), _of_week),
    (re.compile(r"(来月|今月)の?(上旬|中旬|下旬|頭|初め|末)"), _of_month),
    (re.compile(r"(来月)()"), _of_month),
    (re.compile(r"(月)(末)"), _of_month),
    (re.compile(r"明後日|あさって"), _plus(2)),
    (re.compile(r"明日|あした|あす|tomorrow"), _plus(1)),
    (re.compile(r"(?:本日|今日|today)中?"), _plus(0)),
    (
        re.compile(r"next week"),
        lambda m, today, c: workdays.add(today + timedelta(days=7 - today.weekday()), 0, c),
    ),
    (re.compile(rf"(?:on |by |next )({'|'.join(_ENGLISH)})"), _next_weekday),
    (re.compile(r"([月火水木金土日])曜日?"), _next_weekday),
    (re.compile(r"(?<![\d/月])(\d{1,2})日(?!後|間|前|以内|目|分)"), _day_of_month),
]
