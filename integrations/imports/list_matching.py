"""A list matched against itself without loading it: the trial run that a new customer does first with the old spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from accounts.dedup import evidence, packed, people, reading, rules, wording
from accounts.dedup.grouping import Companies
from accounts.dedup.sites import Sites
from crm.lib import tables
from crm.lib.text import fold
from integrations.imports import columns, fields, presets
from integrations.imports.reading import as_text

COMPANY, PERSON, SITE = UNITS = ("company", "person", "site")
_SAMPLE = 200
# A file so large has some hundred thousand lines.
_MANY_BYTES = 50 << 20
_LIMITS = tables.Limits(bytes=4 << 30, unpacked=4 << 30, rows=20_000_000)
# What a list says beyond the fields of an import, and headers that say the same thing.
_HEADERS = {
    "former_name": "旧社名 旧会社名 旧商号 旧名称 旧名 旧称 formername oldname previousname",
    "site": "拠点 拠点名 支店 支店名 営業所 営業所名 事業所 事業所名 工場名 店舗名 site sitename branch branchname office officename",
    "fax": "fax ファックス ファクス fax番号 faxnumber",
    "person": "person personname contactperson 担当者氏名 ご担当者氏名 先方担当者名 姓名 氏名漢字 顧客担当者 顧客名担当者 来訪者 応募者 名前漢字 personfullname",
    "person_kana": "personkana 担当者名カナ 担当者氏名カナ 氏名フリガナ カナ氏名 姓名カナ contactkana namekana",
    "company_name": "corp corpname corporation corporatename client clientname customer customername 会社・団体名 得意先 仕入先 仕入先名 口座名義 名義 振込名義 請求先名 請求先 会社名称 事業者名 法人名称 屋号 orgname 貴社 御社",
    "company_kana": "口座名義カナ 名義カナ 振込名義カナ 請求先名カナ 会社名称カナ 事業者名カナ カナ社名 カナ会社名 corpkana orgkana 法人名称カナ 取引先カナ 得意先カナ 得意先名カナ 顧客名カナ",
    "latin_name": "英文名 英字名 会社名英字 会社名(英字) 英文会社名 nameen companynameen companyen englishcompanyname",
    "corporate_number": "法人no 法人番号13桁 hojinno houjinbangou corporateid corpnumber corpno nationalid",
    "phone": "telno 電話1 tel1 phone1 固定電話 連絡先tel 電話番号1 勤務先電話番号 勤務先電話 勤務先tel 直通番号 worktel workphone businessphone businesstelephone",
    "mobile": "携帯tel 携帯電話1 モバイル mobileno mobilenumber keitai",
    "email": "eメールアドレス メール1 email1 e-mail1 連絡先メール 電子メール mailadd workemail businessemail",
    "address": "addr fulladdress 住所全体 勤務先所在地 勤務先住所1 住所(結合) 登記住所 location businessaddress",
    "prefecture": "pref 都道府県コード名 stateprovince",
    "domain": "ドメイン名 webページ ウェブ ホームページurl homepageurl companyurl companydomain",
    "department": "dept deptname 部署1 部署名1 所属部課",
}  # fmt: skip
_EXTRA = {fold(header): key for key, headers in _HEADERS.items() for header in headers.split()}
_USED = frozenset({
    "company_name", "company_kana", "latin_name", "corporate_number", "company_phone", "domain", "postal_code", "address", "prefecture", "city", "street", "person",
    "person_kana", "family_name", "given_name", "family_kana", "given_kana", "department", "email", "phone", "mobile", "former_name", "site", "fax", "other_phone",
})  # fmt: skip
# Of these a second and a third column count as well.
_SEVERAL = ("phone", "company_phone", "mobile", "email")


class Unclear(ValueError):
    """No column says who it is about. `columns` are those of the file."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("、".join(names))
        self.columns = names


@dataclass(frozen=True)
class Pair:
    """Two lines by their numbers, and what the rules say of them."""

    a: int
    b: int
    score: int
    verdict: str
    reasons: str


class ListOfRecords:
    """A file's lines as records in their order; line 1 is the first below the header."""

    def __init__(self, path: Path, sheet: str = "") -> None:
        self.table = tables.open_table(path, path.name, _LIMITS, sheet)
        rows = self.table.every_row()
        first = list(islice(rows, _SAMPLE))
        names = self.table.columns
        samples = [[as_text(row[n]) for row in first if n < len(row)] for n in range(len(names))]
        self.fields = recognised(names, samples)
        if not {"company_name", "company_kana", "email", "person", "family_name", "latin_name"} & set(
            self.fields
        ):
            raise Unclear(names)
        places = [(n, key) for n, key in enumerate(self.fields) if key]
        read = (reading.read(_values(row, places)) for row in chain(first, rows))
        self.records = packed.kept(read, are_many=path.stat().st_size > _MANY_BYTES)


def recognised(names: list[str], samples: list[list[str]]) -> list[str]:
    """A field for each column, "" for those that matching has no use for: as the import proposes them, and a few more."""
    chosen = columns.propose_built_in(fields.COMPANIES, names, samples, presets.recognise(names))
    taken = set(chosen)
    for n, name in enumerate(names):
        plain = re.sub(r"[(（\[【].*$", "", name)
        key = _EXTRA.get(fold(name)) or _EXTRA.get(fold(plain)) or ""
        if key and (not chosen[n] or chosen[n] not in _USED) and key not in taken:
            chosen[n] = key
            taken.add(key)
    for n, name in enumerate(names):
        if not chosen[n]:
            again = columns.propose_built_in(fields.COMPANIES, [name], [samples[n]])[0]
            if again in _SEVERAL:
                chosen[n] = next(key for count in range(2, 99) if (key := f"{again}_{count}") not in taken)
                taken.add(chosen[n])
    return [key if key.rpartition("_")[0] in _SEVERAL or key in _USED else "" for key in chosen]


def _values(row: Sequence[tables.Cell], places: Sequence[tuple[int, str]]) -> dict[str, str]:
    width = len(row)
    return {key: as_text(row[n]) for n, key in places if n < width and row[n] is not None}


@dataclass(frozen=True)
class Result:
    """`clusters[n]` is the number of the first line that is the same as line n+1."""

    clusters: list[int]
    pairs: list[Pair]


def match(records: Sequence[reading.Record], unit: str, lang_pairs: bool = True) -> Result:
    """The list as clusters of certain joins; the pairs are the questions, best first, and then what was joined."""
    companies = Companies(records)
    if unit == COMPANY:
        return Result(
            [n + 1 for n in companies.group_of], list(_company_pairs(companies)) if lang_pairs else []
        )
    of_companies = companies.group_of
    persons = people.People(companies.records, of_companies)
    if unit == PERSON:
        return Result([n + 1 for n in persons.group_of], list(_person_pairs(persons)) if lang_pairs else [])
    sites = Sites(companies.records, of_companies, persons.group_of)
    return Result([n + 1 for n in sites.group_of], list(_company_pairs(companies)) if lang_pairs else [])


def _company_pairs(companies: Companies) -> Iterator[Pair]:
    for question in companies.questions():
        told = wording.in_words(companies.reasons(question.a, question.b, question.bits))
        yield Pair(question.a + 1, question.b + 1, question.score, rules.PROBABLE, told)
    for a, b, bits in companies.joins:
        told = wording.in_words(
            evidence.reasons(
                evidence.Group([companies.records[a]]),
                evidence.Group([companies.records[b]]),
                bits,
                rules.POINTS,
            )
        )
        yield Pair(a + 1, b + 1, rules.score(bits), rules.CERTAIN, told)


def _person_pairs(persons: people.People) -> Iterator[Pair]:
    for asked in persons.questions():
        yield Pair(
            asked.a + 1,
            asked.b + 1,
            asked.score,
            rules.PROBABLE,
            _told(persons, asked.a, asked.b, asked.keys),
        )
    for a, b, keys in persons.joins:
        score = max(0, min(99, sum(people.POINTS[key] for key in keys)))
        yield Pair(a + 1, b + 1, score, rules.CERTAIN, _told(persons, a, b, keys))


def _told(persons: people.People, a: int, b: int, keys: Sequence[str]) -> str:
    one, two = persons.records[a], persons.records[b]
    values = {
        "email": (one.mail, two.mail), "email_differs": (one.mail, two.mail), "person": (one.person.key, two.person.key), "family": (one.person.key, two.person.key),
        "mobile": (one.mobile, two.mobile), "reading": (one.person.key, two.person.key), "company": (one.name.key, two.name.key), "company_differs": (one.name.key, two.name.key),
    }  # fmt: skip
    return wording.in_words({"key": key, "a": values[key][0], "b": values[key][1]} for key in keys)
