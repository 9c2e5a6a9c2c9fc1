"""Which records name one person. People are looked for inside a company; who changed employer is not joined by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from accounts.dedup import kanji, rules, sounds, words
from accounts.dedup.apart import Apart
from accounts.dedup.reading import Person, Record

_NOTHING: set[str] = set()
_PARTS = re.compile(r"[._-]")
_NO_LETTERS = re.compile(r"[^a-z]+")
_DEPARTMENTS = tuple(words.DEPARTMENT_ENDS)
_PART = re.compile(r"第?[一二三四五1-9](?=部|課|係|グループ|営業|技術|製造|開発)|[一二三四五1-9]?(?:課|係)$")
# What two mentions of a person have in common → points, in the words of the queue.
POINTS = {
    "email": 60, "person": 40, "mobile": 40, "reading": 30, "family": 15, "company": 20, "phone": 10,
    "email_differs": -20, "person_differs": -40, "company_differs": -20,
}  # fmt: skip
# What is done with it, until an administrator says otherwise. Who changed employer is never joined without asking.
RULES = (
    rules.Rule(("email", "company")),
    rules.Rule(("person", "company")),
    rules.Rule(("reading", "company")),
    rules.Rule(("family", "company")),
    rules.Rule(("email", "company_differs"), rules.PROBABLE),
    rules.Rule(("person", "mobile", "company_differs"), rules.PROBABLE),
)


@dataclass(frozen=True)
class Asked:
    """Two records that may name one person, with what speaks for it."""

    a: int
    b: int
    keys: tuple[str, ...]

    @property
    def score(self) -> int:
        return max(0, min(99, sum(POINTS[key] for key in self.keys)))


class People:
    """`group_of[n]`: the first record that names the same person; a record that names nobody stands alone."""

    def __init__(
        self,
        records: Sequence[Record],
        company_of: Sequence[int],
        table: Sequence[rules.Rule] = RULES,
        apart: Iterable[tuple[int, int]] = (),
    ) -> None:
        """`apart`: records of which somebody has said that they are of two people."""
        self._apart = Apart(apart)
        self.records, self.company_of = records, company_of
        self._verdicts = {frozenset(rule.keys): rule.verdict for rule in table}
        self._parent = list(range(len(records)))
        self._mails: dict[int, set[str]] = {}
        self._mobiles: dict[int, set[str]] = {}
        # Of these there are few, and each set of one is the same for all.
        self._departments: dict[int, frozenset[str]] = {}
        self._prefectures: dict[int, frozenset[str]] = {}
        self._areas: dict[int, frozenset[str]] = {}
        # 姓 and 名 are known of the person, from one record at least.
        self._full: dict[int, Person] = {}
        self.joins: list[tuple[int, int, tuple[str, ...]]] = []
        self._asked: dict[tuple[int, int], tuple[str, ...]] = {}
        for n, record in enumerate(records):
            if record.mail and not record.is_shared_mail:
                self._mails[n] = {record.mail}
            if record.mobile:
                self._mobiles[n] = {record.mobile}
            if department := _department_of(record):
                self._departments[n] = _one(_department(department))
            if record.place.prefecture:
                self._prefectures[n] = _one(record.place.prefecture)
            if record.areas:
                self._areas[n] = _one(record.areas[0])
            if record.person.is_full:
                self._full[n] = record.person
        self._join_by_mail()
        self._join_by_name()
        self._join_by_reading()
        self._join_by_family()
        self._ask_about_moves()

    @property
    def group_of(self) -> list[int]:
        return [self._root(n) for n in range(len(self._parent))]

    def questions(self) -> list[Asked]:
        """Those who may be one, the surest first."""
        found = []
        for (a, b), keys in self._asked.items():
            one, two = self._root(a), self._root(b)
            if one != two and not self._apart.keeps(one, two):
                found.append(Asked(a, b, keys))
        return sorted(found, key=lambda asked: (-asked.score, asked.a, asked.b))

    # Joining -----------------------------------------------------------------------------------------

    def _join_by_mail(self) -> None:
        """The same mailbox of one person, and names that do not contradict one another."""
        first: dict[str, list[int]] = {}
        for n, record in enumerate(self.records):
            if record.mail and not record.is_shared_mail:
                first.setdefault(record.mail, []).append(n)
        for holders in first.values():
            for place, n in enumerate(holders[1:], start=1):
                for other in holders[:place]:
                    if not self._same_employer(other, n):
                        self._ask(other, n, "email", "company_differs")
                    elif _may_be_one(self._named(other), self._named(n)):
                        self._union(other, n, "email", "company")
                        break

    def _named(self, n: int) -> Person:
        """As the one record says that has 姓 and 名: 和田 by himself is 和田 亮 then, and no 和田 友美."""
        return self._full.get(self._root(n)) or self.records[n].person

    def _same_employer(self, a: int, b: int) -> bool:
        """The same company, or one of the records names none; a mailbox of a company has one holder anyway."""
        if self.company_of[a] == self.company_of[b]:
            return True
        one, two = self.records[a], self.records[b]
        return not one.name.key or not two.name.key or bool(one.domain) and one.mail.endswith(one.domain)

    def _join_by_name(self) -> None:
        first: dict[tuple[int, str], list[int]] = {}
        for n, record in enumerate(self.records):
            if record.person.is_full:
                first.setdefault((self.company_of[n], record.person.key), []).append(n)
        for n, record in enumerate(self.records):
            # 林誠 may be a 姓 only; where 林 誠 is known it is him.
            if not record.person.is_full and (held := first.get((self.company_of[n], record.person.key))):
                held.append(n)
        self._join_all(first.values(), "person")

    def _join_by_reading(self) -> None:
        """The same reading, where one of the two is written in kana or Latin letters only."""
        written: dict[tuple[int, str], list[int]] = {}
        spoken: list[int] = []
        for n, record in enumerate(self.records):
            person = record.person
            if not person.is_full:
                continue
            if is_spoken(person):
                spoken.append(n)
            for sound in _sounds(record):
                written.setdefault((self.company_of[n], sound), []).append(n)
        for n in spoken:
            for sound in _sounds(self.records[n]):
                others = written.get((self.company_of[n], sound), [])
                names = {self.records[o].person.key for o in others if not is_spoken(self.records[o].person)}
                if len(names) <= 1:
                    self._join_all([sorted({n, *others})], "reading")

    def _join_by_family(self) -> None:
        """佐藤様 is the one 佐藤 of the company, if there is only one."""
        families: dict[tuple[int, str], set[int]] = {}
        for n, record in enumerate(self.records):
            if record.person.is_full and record.person.family:
                families.setdefault((self.company_of[n], record.person.family), set()).add(self._root(n))
            if (
                record.person.is_full
                and len(record.person.key) >= 4
                and record.person.family == record.person.key
            ):
                for length in (2, 3):  # 姓 and 名 in one: 山田太郎
                    families.setdefault((self.company_of[n], record.person.key[:length]), set()).add(
                        self._root(n)
                    )
        alone: dict[tuple[int, str], list[int]] = {}
        for n, record in enumerate(self.records):
            if record.person.key and not record.person.is_full:
                alone.setdefault((self.company_of[n], record.person.key), []).append(n)
        for (company, family), lonely in alone.items():
            holders = {self._root(h) for h in families.get((company, family), ())}
            for n in lonely:
                if self._named(n).key != family:
                    continue  # by the mail address it is known who that is
                if len({self._root(h) for h in holders} - {self._root(n)}) == 1:
                    [holder] = {self._root(h) for h in holders} - {self._root(n)}
                    if not self._contradict(holder, n) and self._may_be_called(holder, n):
                        self._union(holder, n, "family", "company")
                        continue
                for holder in holders:
                    self._ask(holder, n, "family", "company")
            if not holders:
                self._join_all([lonely], "family")

    def _may_be_called(self, holder: int, n: int) -> bool:
        """Nothing else that is known of the two makes them different: the reading of 名, another address."""
        one, two = (set(_sounds(self.records[m])) for m in (holder, n))
        if one and two and any("." in sound for sound in two) and not one & two:
            return False
        return not (self._mails.get(self._root(holder)) and self._mails.get(self._root(n)))

    def _ask_about_moves(self) -> None:
        """The same name and mobile in two companies: somebody changed employer, or the companies are one."""
        first: dict[tuple[str, str], int] = {}
        for n, record in enumerate(self.records):
            if record.person.is_full and record.mobile:
                other = first.setdefault((record.person.key, record.mobile), n)
                if self._root(other) != self._root(n):
                    self._ask(other, n, "person", "mobile", "company_differs")

    def _join_all(self, groups: Iterable[Sequence[int]], key: str) -> None:
        """Those of one name are one, unless they contradict one another: then who says nothing more may be either."""
        for holders in groups:
            roots = sorted({self._root(n) for n in holders})
            if len(roots) < 2:
                continue
            two = any(self._contradict(a, b) for place, b in enumerate(roots) for a in roots[:place])
            for place, root in enumerate(roots[1:], start=1):
                alike = [other for other in roots[:place] if not self._contradict(other, root)]
                if alike and (not two or self._says_more(alike[0], root)):
                    self._union(alike[0], root, key, "company")
                else:
                    self._ask(roots[0], root, key, "company", "email_differs")

    def _says_more(self, a: int, b: int) -> bool:
        a, b = self._root(a), self._root(b)
        return bool(
            self._mobiles.get(a, _NOTHING) & self._mobiles.get(b, _NOTHING)
            or self._mails.get(a, _NOTHING) & self._mails.get(b, _NOTHING)
        )

    def _contradict(self, a: int, b: int) -> bool:
        """Who was said to be two is. Two addresses in one domain, or of other letters, are two people, and so are two
        mobiles, departments and prefectures, unless another sign of the person is the same."""
        a, b = self._root(a), self._root(b)
        if self._apart.keeps(a, b):
            return True
        mine, theirs = self._mails.get(a, _NOTHING), self._mails.get(b, _NOTHING)
        my_mobiles, their_mobiles = self._mobiles.get(a, _NOTHING), self._mobiles.get(b, _NOTHING)
        if mine & theirs or my_mobiles & their_mobiles:
            return False
        of_mine = {mail.rpartition("@")[2] for mail in mine}
        if any(mail.rpartition("@")[2] in of_mine for mail in theirs):
            return True
        if mine and theirs and not {_letters(mail) for mail in mine} & {_letters(mail) for mail in theirs}:
            return True
        return bool(my_mobiles and their_mobiles) or self._are_apart(a, b)

    def _are_apart(self, a: int, b: int) -> bool:
        """Both say in which department or prefecture, by address or phone, and these are two."""
        for held in (self._departments, self._prefectures, self._areas):
            mine, theirs = held.get(self._root(a)), held.get(self._root(b))
            if mine and theirs and not mine & theirs:
                return True
        return False

    def _union(self, a: int, b: int, *keys: str) -> None:
        """Joins the two, or asks about them, as the rules have it."""
        a, b = self._root(a), self._root(b)
        verdict = self._verdicts.get(frozenset(keys))
        if verdict == rules.PROBABLE:
            self._ask(a, b, *keys)
        if a == b or verdict != rules.CERTAIN or self._apart.keeps(a, b):
            return
        a, b = min(a, b), max(a, b)
        self._parent[b] = a
        self._apart.follow(a, b)
        if b in self._full:
            self._full.setdefault(a, self._full.pop(b))
        for few in (self._departments, self._prefectures, self._areas):
            if b in few:
                few[a] = few.pop(b) | few.get(a, frozenset())
        for held in (self._mails, self._mobiles):
            if b in held:
                held.setdefault(a, set()).update(held.pop(b))
        self.joins.append((a, b, keys))

    def _root(self, n: int) -> int:
        parent = self._parent
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    def _ask(self, a: int, b: int, *keys: str) -> None:
        a, b = self._root(a), self._root(b)
        if a != b and frozenset(keys) - {"email_differs"} in self._verdicts:
            self._asked.setdefault((min(a, b), max(a, b)), keys)


@lru_cache(maxsize=4096)
def _one(value: str) -> frozenset[str]:
    return frozenset((value,))


def _letters(mail: str) -> str:
    """t.ogawa1@outlook.jp, t-ogawa@firm.co.jp: who writes under two domains mostly has one name before them."""
    return _NO_LETTERS.sub("", mail.partition("@")[0])


def _department_of(record: Record) -> str:
    """As its column says, else as it stands in the company's name: みなと物流 技術部."""
    return record.department or (record.inside if record.inside.endswith(_DEPARTMENTS) else "")


def _department(text: str) -> str:
    """Its name without number and rank of the part: 第一営業部, 営業部."""
    return _PART.sub("", unicodedata.normalize("NFKC", text).replace(" ", "")) or text


def is_spoken(person: Person) -> bool:
    return bool(person.sound) and not any("\u3400" <= c <= "\u9fff" for c in person.key)


def _sounds(record: Record) -> tuple[str, ...]:
    """How the person may be called: as somebody wrote it, else as the mail address or the kanji have it."""
    person = record.person
    if person.sound:
        return (person.sound,)
    return tuple(dict.fromkeys((*_in_mail(record), *_guessed(person))))


def _in_mail(record: Record) -> tuple[str, ...]:
    """masaru-kudo@… says 姓 and 名, in an order that does not matter."""
    if not record.mail or record.is_shared_mail:
        return ()
    parts = _PARTS.split(record.mail.partition("@")[0].rstrip("0123456789"))
    if len(parts) != 2 or not all(len(part) >= 2 and part.isalpha() and part.isascii() for part in parts):
        return ()
    return (".".join(sorted(map(sounds.of_latin, parts))),)


def _guessed(person: Person) -> tuple[str, ...]:
    """How a name in kanji may sound, 姓 and 名 apart, as romaji in either order are compared."""
    family, given = person.family, person.key[len(person.family) :] if person.family != person.key else ""
    if not given:
        if len(person.key) < 3:
            return ()
        at = 3 if person.key[:3] in words.LONG_FAMILY_NAMES else 2
        family, given = person.key[:at], person.key[at:]
    known = tuple(map(sounds.of_kana, words.GIVEN_NAMES.get(given, ())))
    called = known or kanji.guesses(given, 6)
    of_family = tuple(map(sounds.of_kana, words.FAMILY_NAMES.get(family, ()))) or kanji.guesses(family, 4)
    return tuple(".".join(sorted((one, two))) for one in of_family for two in called)


def _may_be_one(a: Person, b: Person) -> bool:
    """Names that one person may have: one of them missing, the same, one with 姓 only, or one in other letters."""
    if not a.key or not b.key or a.key == b.key or a.key.startswith(b.key) or b.key.startswith(a.key):
        return True
    if a.sound and b.sound:
        return a.sound == b.sound or bool(set(a.sound.split(".")) & set(b.sound.split(".")))
    if is_spoken(a) != is_spoken(b):
        return True  # the reading is not known; the mailbox says enough
    return a.family == b.family and (not a.is_full or not b.is_full)
