"""Lists as a customer brings them: records of seven sources in one file, and beside them who they are.

Profile "a" is the world of FIGURES; profile "b" writes other columns, other spellings and makes other mistakes, so that
nothing is tuned to one of them; profile "c" has the names of the register, and little beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.matching import spelling, words
from benchmarks.matching.world import Company, Person, Shares, Site, World
from crm.lib import kana

HEADINGS = {
    "a": {
        "source": "取込元", "name": "会社名", "kana": "会社名カナ", "number": "法人番号", "person": "氏名", "person_kana": "フリガナ", "department": "部署名",
        "title": "役職", "email": "メールアドレス", "phone": "電話番号", "mobile": "携帯電話", "postal": "郵便番号", "prefecture": "都道府県",
        "address": "住所", "url": "URL",
    },
    "b": {
        "name": "Company", "number": "Corporate Number", "family": "Last Name", "given": "First Name", "department": "Department",
        "email": "Email", "phone": "Phone", "mobile": "Mobile", "address": "Address", "url": "Website",
    },
}  # fmt: skip
HEADINGS["c"] = HEADINGS["a"]


@dataclass
class Record:
    values: dict[str, str]
    company: int
    site: int
    person: int  # 0: the record names nobody
    source: str
    kind: str
    tags: set[str] = field(default_factory=set)


@dataclass
class Set:
    profile: str
    seed: int
    records: list[Record]

    @property
    def header(self) -> list[str]:
        return list(HEADINGS[self.profile].values())

    def rows(self) -> list[list[str]]:
        keys = list(HEADINGS[self.profile])
        return [[record.values.get(key, "") for key in keys] for record in self.records]


SOURCES = ("card", "form", "exhibition", "sheet", "accounting", "marketing", "hand")


def make(seed: int, count: int, profile: str = "a", **world: object) -> Set:
    """`count` records in the order in which a customer would have put the files one below the other."""
    write = {"a": _Writer, "b": _OtherWriter, "c": _ThirdWriter}[profile]
    of = World(seed, max(3, int(count / 3.3)), write.shares, **world)  # type: ignore[arg-type]
    writer = write(of)
    records = [record for company in of.companies for record in writer.records_of(company)]
    order = {source: n for n, source in enumerate(SOURCES)}
    of.random.shuffle(records)
    records.sort(key=lambda record: order[record.source])
    return Set(profile, seed, records)


class _Writer:
    """Profile a. Each source knows other fields and makes its own mistakes."""

    shares = Shares()
    weights = (22, 14, 16, 16, 10, 12, 10)
    # How often a company is met: about 3.3 times.
    times = ([1, 2, 3, 4, 5, 6, 8, 12], [20, 24, 20, 14, 9, 7, 4, 2])
    missing_name, junk_phone, free_mail, shared_mailbox, wrong_number = 0.03, 0.02, 0.03, 0.08, 0.08

    def __init__(self, world: World) -> None:
        self.world, self.r = world, world.random

    def records_of(self, company: Company) -> list[Record]:
        r = self.r
        records = []
        for _ in range(r.choices(*self.times)[0]):
            source = r.choices(SOURCES, self.weights)[0]
            person = None
            if source != "accounting":
                is_known = company.people and r.random() < 0.6
                person = r.choice(company.people) if is_known else self.world.person(company)
            site = person.site if person else company.sites[0]
            record = Record(
                {"source": source}, company.id, site.id, person.id if person else 0, source, company.kind
            )
            getattr(self, f"_{source}")(record, company, site, person)
            records.append(record)
        return records

    # Sources -----------------------------------------------------------------------------------------

    def _card(self, record: Record, it: Company, site: Site, person: Person) -> None:
        r, v = self.r, record.values
        self._name(
            record,
            it,
            site,
            person,
            latin=0.04,
            kana=0,
            former=0.35,
            site_inside=0.25,
            department=0.03,
            ocr=0.12,
        )
        self._who(record, person, latin=0.03)
        v["department"], v["title"] = person.department, person.title
        self._mail(record, it, person, missing=0.06)
        self._phone(record, site, missing=0.05)
        v["mobile"] = spelling.phone(r, person.mobile) if r.random() < 0.55 else ""
        v["address"] = spelling.address(r, site) if r.random() < 0.95 else ""
        if it.domain and r.random() < 0.5:
            v["url"] = r.choice(["https://www.", "http://", "www."]) + it.domain + r.choice(["", "/"])

    def _form(self, record: Record, it: Company, site: Site, person: Person) -> None:
        r, v = self.r, record.values
        self._name(
            record, it, site, person, latin=0.05, kana=0.06, former=0.08, site_inside=0.06, department=0.02
        )
        self._who(record, person, latin=0.02, kana=0.75)
        self._mail(record, it, person, missing=0, free=0.08)
        self._phone(record, site, missing=0.18, mobile=person.mobile)
        if r.random() < 0.6:
            v["prefecture"] = site.prefecture

    def _exhibition(self, record: Record, it: Company, site: Site, person: Person) -> None:
        r, v = self.r, record.values
        self._name(
            record,
            it,
            site,
            person,
            latin=0.02,
            kana=0.03,
            former=0.1,
            site_inside=0.12,
            department=0.05,
            ocr=0.06,
        )
        self._who(record, person)
        v["department"] = person.department if r.random() < 0.7 else ""
        v["title"] = person.title if r.random() < 0.5 else ""
        self._mail(record, it, person, missing=0.15)
        self._phone(record, site, missing=0.12)
        v["address"] = spelling.address(r, site) if r.random() < 0.5 else ""

    def _sheet(self, record: Record, it: Company, site: Site, person: Person) -> None:
        r, v = self.r, record.values
        self._name(
            record, it, site, person, latin=0.02, kana=0.05, former=0.3, site_inside=0.2, department=0.08
        )
        if r.random() < 0.8:
            self._who(record, person)
        else:
            record.person = 0
        self._phone(record, site, missing=0.1)
        if r.random() < 0.45 and record.person:
            self._mail(record, it, person, missing=0)
        v["address"] = spelling.address(r, site) if r.random() < 0.6 else ""
        v["kana"] = spelling.reading(r, it.kana) if r.random() < 0.25 else ""

    def _accounting(self, record: Record, it: Company, site: Site, person: None) -> None:
        r, v = self.r, record.values
        if r.random() < 0.35:
            v["name"] = spelling.bank(it)
            record.tags.add("bank kana")
        else:
            self._name(record, it, site, person, former=0.25)
            v["kana"] = spelling.bank(it) if r.random() < 0.6 else ""
        self._phone(record, site, missing=0.15)
        v["address"] = spelling.address(r, site) if r.random() < 0.75 else ""
        if r.random() < 0.6:
            v["number"] = self._number(it.number)

    def _marketing(self, record: Record, it: Company, site: Site, person: Person) -> None:
        r, v = self.r, record.values
        if r.random() < 0.12:
            record.tags.add("no name")
        else:
            self._name(record, it, site, person, latin=0.22, kana=0.03, former=0.05)
        self._who(record, person, latin=0.3)
        self._mail(record, it, person, missing=0, free=0.04)
        if it.domain and r.random() < 0.3:
            v["url"] = it.domain
        if r.random() < 0.35:
            self._phone(record, site)

    def _hand(self, record: Record, it: Company, site: Site, person: Person) -> None:
        r, v = self.r, record.values
        self._name(
            record, it, site, person, latin=0.02, kana=0.1, former=0.2, site_inside=0.08, department=0.04
        )
        self._who(record, person)
        self._phone(record, site, missing=0.12)
        v["kana"] = spelling.reading(r, it.kana, it.form) if r.random() < 0.3 else ""
        v["prefecture"] = site.prefecture if r.random() < 0.4 else ""
        if r.random() < 0.5:
            self._mail(record, it, person, missing=0)
        if r.random() < 0.1:
            v["number"] = self._number(it.number)

    # Parts -------------------------------------------------------------------------------------------

    def _name(
        self, record: Record, it: Company, site: Site, person: Person | None, *, latin: float = 0, kana: float = 0,
        former: float = 0, site_inside: float = 0, department: float = 0, ocr: float = 0,
    ) -> None:  # fmt: skip
        r = self.r
        if r.random() < self.missing_name and record.values.get("source") in (
            "form",
            "marketing",
            "exhibition",
        ):
            record.tags.add("no name")
            return
        dice = r.random()
        if dice < latin:
            name = spelling.latin(r, it.latin)
            record.tags.add("latin")
        elif dice < latin + kana:
            name = spelling.reading(r, it.kana, it.form)
            record.tags.add("kana")
        elif it.former and r.random() < former:
            name = spelling.company(r, it, it.former[0][0])
            record.tags.add("former")
        else:
            name = spelling.company(r, it)
            if r.random() < 0.08:
                name = spelling.variant(r, name)
            if r.random() < 0.06:
                name = spelling.half_width(name) if r.random() < 0.5 else spelling.full_width(name)
            if r.random() < ocr and (slipped := spelling.slip(r, name)) != name:
                name = slipped
                record.tags.add("ocr")
            if site.name and r.random() < site_inside:
                name += r.choice([" ", "　", ""]) + site.name
                record.tags.add("site inside")
            elif person and r.random() < department:
                name += r.choice([" ", "　", ""]) + person.department
                record.tags.add("department inside")
        record.values["name"] = name

    def _who(self, record: Record, person: Person, latin: float = 0, kana: float = 0.15) -> None:
        r, v = self.r, record.values
        if r.random() < latin:
            v["person"] = spelling.person_latin(r, person)
            record.tags.add("person latin")
        else:
            v["person"], tag = spelling.person(r, person)
            if tag:
                record.tags.add(tag)
        if r.random() < kana:
            v["person_kana"] = spelling.reading(r, f"{person.family[1]} {person.given[1]}")

    def _mail(
        self, record: Record, it: Company, person: Person, missing: float, free: float | None = None
    ) -> None:
        r = self.r
        if r.random() < missing:
            return
        if not it.domain or r.random() < (self.free_mail if free is None else free):
            if it.domain and r.random() < 0.5:
                return
            record.values["email"] = (
                f"{person.mail_name.replace('-', '')}{person.id % 97}@{words.FREE[person.id % len(words.FREE)]}"
            )
            record.tags.add("free mail")
            return
        domain = it.domain
        if it.old_domain and r.random() < 0.4:
            domain = it.old_domain
            record.tags.add("old domain")
        name = r.choice(words.MAILBOXES) if r.random() < self.shared_mailbox else person.mail_name
        record.values["email"] = f"{name}@{domain}" if r.random() < 0.95 else f"{name}@{domain}".upper()

    def _phone(self, record: Record, site: Site, missing: float = 0, mobile: str = "") -> None:
        r = self.r
        if r.random() < missing:
            return
        if r.random() < self.junk_phone:
            record.values["phone"] = r.choice(
                ["000-0000-0000", "03-0000-0000", "0000000000", "090-0000-0000", "03-1234-5678"]
            )
            record.tags.add("junk phone")
        elif mobile and r.random() < 0.25:
            record.values["phone"] = spelling.phone(r, mobile)
        else:
            record.values["phone"] = spelling.phone(r, site.phone)

    def _number(self, number: str) -> str:
        r = self.r
        if r.random() < self.wrong_number:
            at = r.randrange(1, 13)
            return number[:at] + str((int(number[at]) + r.randint(1, 9)) % 10) + number[at + 1 :]
        return r.choice([number, number, f"T{number}", spelling.full_width(number)])


class _OtherWriter(_Writer):
    """Profile b: five columns fewer, 姓 and 名 apart, company names typed more freely, typing errors."""

    shares = Shares(real=0.25, group=0.2, former=0.09, branches=0.4, tenant=0.1, no_domain=0.25)
    weights = (30, 10, 12, 20, 8, 12, 8)
    times = ([1, 2, 3, 4, 5, 7, 10, 15], [26, 22, 16, 12, 10, 8, 4, 2])
    missing_name, junk_phone, free_mail, shared_mailbox, wrong_number = 0.05, 0.06, 0.08, 0.12, 0.15

    def records_of(self, company: Company) -> list[Record]:
        records = super().records_of(company)
        for record in records:
            self._rewrite(record, company)
        return records

    def _rewrite(self, record: Record, it: Company) -> None:
        r, v = self.r, record.values
        name = v.get("name", "")
        if name and not record.tags & {"latin", "kana", "bank kana", "former", "ocr"}:
            dice = r.random()
            if dice < 0.03 and len(it.stem) > 3:
                at = r.randrange(1, len(it.stem))
                name = name.replace(it.stem, it.stem[:at] + it.stem[at + 1 :], 1)
                record.tags.add("typo")
            elif dice < 0.06:
                name = f"{name}（{it.kana}）"
            elif dice < 0.09 and it.latin:
                name = f"{name} / {it.latin}"
            elif dice < 0.11 and it.former:
                name = f"{name}（旧{it.former[0][0]}）"
            elif dice < 0.14:
                name += r.choice([" 様", "御中", " 殿"])
        elif record.tags & {"kana"} and r.random() < 0.3:
            name = kana.to_hiragana(name)
        v["name"] = name
        self._person_in_two(record)
        if v.get("email") and r.random() < 0.05:
            v["email"] = f"<{v['email']}>" if r.random() < 0.5 else spelling.full_width(v["email"])
        prefecture = v.pop("prefecture", "")
        if prefecture and not v.get("address"):
            v["address"] = prefecture

    def _person_in_two(self, record: Record) -> None:
        v = record.values
        whole = v.pop("person", "").removesuffix("様")
        person = next((p for p in self.world.companies[record.company].people if p.id == record.person), None)
        if not whole:
            return
        parts = whole.split()
        if len(parts) == 2:
            is_given_first = whole.isascii() and person and parts[1].lower() == kana.romaji(person.family[1])
            v["family"], v["given"] = (parts[1], parts[0]) if is_given_first else (parts[0], parts[1])
        else:
            v["family"], v["given"] = whole, ""


class _ThirdWriter(_Writer):
    """Profile c: nearly all companies are of the register as it is; more English names, and less beside a name."""

    shares = Shares(real=0.9, group=0.06, namesake=0.04, former=0.02, no_domain=0.15)
    left_out = ("email", "phone", "mobile", "address", "url", "prefecture")

    def records_of(self, company: Company) -> list[Record]:
        records = super().records_of(company)
        for record in records:
            for key in self.left_out:
                if self.r.random() < 0.3:
                    record.values.pop(key, None)
        return records

    def _name(self, *who: object, latin: float = 0, **shares: float) -> None:
        super()._name(*who, latin=2 * latin + 0.06, **shares)  # type: ignore[arg-type]
