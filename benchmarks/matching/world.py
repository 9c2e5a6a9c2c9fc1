"""The truth: companies with sites and people, among them all that is easily taken for one another."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.matching import words
from crm.lib import corporate_numbers, kana

REGISTER = Path(__file__).resolve().parent.parent.parent / "tests" / "data" / "corporate_numbers.csv"


@dataclass(eq=False)
class Site:
    name: str
    prefecture: str
    city: str
    town: str
    numbers: tuple[int, ...]
    building: str
    phone: str
    id: int = 0


@dataclass(eq=False)
class Person:
    id: int
    family: tuple[str, str]
    given: tuple[str, str]
    mail_name: str
    mobile: str
    site: Site
    department: str
    title: str
    direct: str = ""


@dataclass(eq=False)
class Company:
    id: int
    stem: str
    kana: str
    form: str
    form_in_front: bool
    latin: str
    number: str
    domain: str
    sites: list[Site]
    kind: str = "plain"  # plain, group, namesake, neighbour, tenant
    former: list[tuple[str, str]] = field(default_factory=list)
    old_domain: str = ""
    people: list[Person] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.form}{self.stem}" if self.form_in_front else f"{self.stem}{self.form}"


@dataclass(frozen=True)
class Shares:
    """How much of what is in the world."""

    real: float = 0.5
    group: float = 0.12
    namesake: float = 0.19
    neighbour: float = 0.05
    tenant: float = 0.06
    former: float = 0.06
    branches: float = 0.2
    no_domain: float = 0.06
    old_domain: float = 0.05


class World:
    """`count` companies, the same for the same seed."""

    def __init__(self, seed: int, count: int, shares: Shares = Shares(), register: Path = REGISTER) -> None:
        self.random = random.Random(seed)
        self.shares = shares
        self.companies: list[Company] = []
        self._phones: set[str] = set()
        self._domains: set[str] = set()
        self._people = self._sites = 0
        self._real = _register(register)
        self.random.shuffle(self._real)
        while len(self.companies) < count:
            self._grow()
        del self.companies[count:]
        self.random.shuffle(self.companies)
        for place, company in enumerate(self.companies):
            company.id = place

    # What stands beside one another ------------------------------------------------------------------

    def _grow(self) -> None:
        r, shares = self.random, self.shares
        first = self._real_company() if self._real and r.random() < shares.real else self._invented()
        self._add(first)
        dice = r.random()
        if dice < shares.group / 3:
            for suffix in r.sample(words.SISTERS, r.choice([1, 2, 3])):
                self._add(self._sister(first, suffix))
        elif dice < shares.group / 3 + shares.namesake / 2:
            for _ in range(r.choice([1, 1, 1, 2, 3])):
                self._add(self._namesake(first))
        elif dice < (shares.group / 3 + shares.namesake / 2 + shares.neighbour / 2):
            if other := self._neighbour(first):
                self._add(other)
        elif dice < (shares.group / 3 + shares.namesake / 2 + shares.neighbour / 2 + shares.tenant / 2):
            for _ in range(r.choice([1, 2, 4])):
                self._add(self._tenant(first))

    def _sister(self, first: Company, suffix: tuple[str, str]) -> Company:
        r = self.random
        hq = first.sites[0]
        phone = hq.phone if r.random() < 0.4 else self._phone(hq.prefecture)
        site = self._site("", hq.prefecture, hq.city, hq.town, hq.numbers, hq.building, phone)
        other = self._company(first.stem + suffix[0], first.kana + suffix[1], [site])
        other.domain = first.domain if r.random() < 0.8 else self._domain(other)
        other.latin = f"{first.latin} {kana.romaji(suffix[1]).title()}"
        other.kind = first.kind = "group"
        return other

    def _namesake(self, first: Company) -> Company:
        away = self.random.choice([p for p in words.PLACES if p != first.sites[0].prefecture])
        other = self._company(first.stem, first.kana, [self._place(away)])
        other.latin, other.kind, first.kind = first.latin, "namesake", "namesake"
        return other

    def _neighbour(self, first: Company) -> Company | None:
        r = self.random
        for one, two in (("電機", "電気"), ("電気", "電機")):
            if first.stem.endswith(one):
                stem, reading = first.stem[:-2] + two, first.kana
                break
        else:
            base = next((s for s, _ in words.TRADES if first.stem.endswith(s)), "")
            if not base:
                return None
            trade = r.choice(words.TRADES)
            stem = first.stem[: -len(base)] + trade[0]
            reading = first.kana[: -len(dict(words.TRADES)[base])] + trade[1]
            if stem == first.stem:
                return None
        prefecture = first.sites[0].prefecture
        if prefecture not in words.PLACES or r.random() < 0.4:
            prefecture = r.choice(list(words.PLACES))
        other = self._company(stem, reading, [self._place(prefecture)])
        other.kind = first.kind = "neighbour"
        return other

    def _tenant(self, first: Company) -> Company:
        hq = first.sites[0]
        other = self._invented()
        other.sites[0] = self._site(
            "", hq.prefecture, hq.city, hq.town, hq.numbers, hq.building or "産業会館", hq.phone
        )
        hq.building = hq.building or "産業会館"
        other.kind = first.kind = "tenant"
        return other

    # One company ---------------------------------------------------------------------------------------

    def _invented(self) -> Company:
        r = self.random
        stem, reading = r.choice(words.STEMS)
        if r.random() < 0.35:
            more = r.choice(words.SECOND if r.random() < 0.6 else words.STEMS)
            stem, reading = stem + more[0], reading + more[1]
        if r.random() < 0.85:
            trade = r.choice(words.TRADES)
            stem, reading = stem + trade[0], reading + trade[1]
        return self._company(stem, reading, [self._place(r.choice(list(words.PLACES)))])

    def _real_company(self) -> Company:
        row = self._real.pop()
        site = self._site(
            "", row["prefecture"], row["city"], row["street"], (), "", self._phone(row["prefecture"])
        )
        company = self._company(row["stem"], row["kana"], [site])
        company.number, company.form, company.form_in_front = (
            row["corporate_number"],
            row["form"],
            row["in_front"],
        )
        company.former = row["former"][:1]
        if row["english"]:
            company.latin = row["english"]
        return company

    def _company(self, stem: str, reading: str, sites: list[Site]) -> Company:
        r, shares = self.random, self.shares
        form = r.choices(["株式会社", "有限会社", "合同会社", "一般社団法人"], [75, 12, 10, 3])[0]
        company = Company(0, stem, reading, form, r.random() < 0.6, "", _number(r), "", sites)
        company.latin = self._latin(stem, reading)
        company.domain = "" if r.random() < shares.no_domain else self._domain(company)
        if company.domain and r.random() < shares.old_domain:
            company.old_domain = self._domain(company)
        if r.random() < shares.former:
            old = r.choice(words.STEMS)
            trade = r.choice(words.TRADES)
            same_trade = next(
                (t for t in words.TRADES if stem.endswith(t[0]) and len(stem) > len(t[0])), None
            )
            if same_trade and r.random() < 0.4:
                company.former = [(old[0] + same_trade[0], old[1] + same_trade[1])]
            else:
                company.former = [(old[0] + trade[0], old[1] + trade[1])]
        if r.random() < shares.branches:
            for prefecture in r.sample(list(words.PLACES), r.choice([1, 1, 2, 3])):
                site = self._place(prefecture)
                kind = r.choice(["支店", "営業所", "工場", "支社", "事業所"])
                site.name = words.PLACES[prefecture][2] + kind
                company.sites.append(site)
        return company

    def _add(self, company: Company) -> None:
        self.companies.append(company)

    def person(self, company: Company) -> Person:
        """One more person of the company: now and then a relative or a namesake of one who is there."""
        r = self.random
        family, given = r.choice(words.FAMILY), r.choice(words.GIVEN)
        if company.people and r.random() < 0.06:
            family = company.people[0].family
            if r.random() < 0.2:
                given = company.people[0].given
        family_latin, given_latin = kana.romaji(family[1]), kana.romaji(given[1])
        style = r.choice(
            [
                f"{given_latin[0]}.{family_latin}",
                f"{family_latin}",
                f"{family_latin}.{given_latin}",
                f"{given_latin}-{family_latin}",
            ]
        )
        taken = {person.mail_name for person in company.people}
        while style in taken:
            style += str(r.randint(2, 9))
        self._people += 1
        mobile = f"0{r.choice('789')}0{r.randint(10_000_000, 99_999_999)}"
        person = Person(
            self._people, family, given, style, mobile, r.choices(company.sites, [3, *[1] * (len(company.sites) - 1)])[0],
            r.choice(words.DEPARTMENTS), r.choice(words.TITLES),
        )  # fmt: skip
        company.people.append(person)
        return person

    # Parts ---------------------------------------------------------------------------------------------

    def _place(self, prefecture: str) -> Site:
        r = self.random
        _area, cities, _place = words.PLACES[prefecture]
        numbers = tuple(r.randint(1, top) for top in (7, 30, 25)[: r.choice([2, 3, 3])])
        building = r.choice(words.BUILDINGS) if r.random() < 0.25 else ""
        return self._site(
            "",
            prefecture,
            r.choice(cities.split()),
            r.choice(words.TOWNS),
            numbers,
            building,
            self._phone(prefecture),
        )

    def _site(self, *values: object) -> Site:
        self._sites += 1
        return Site(*values, id=self._sites)  # type: ignore[arg-type]

    def _phone(self, prefecture: str) -> str:
        area = words.PLACES.get(prefecture, (words.AREAS.get(prefecture, "0776"), "", ""))[0]
        while True:
            local = self.random.randint(2, 9) * 10 ** (9 - len(area)) + self.random.randrange(
                10 ** (9 - len(area))
            )
            phone = f"{area}{local}"
            if phone not in self._phones:
                self._phones.add(phone)
                return phone

    def _domain(self, company: Company) -> str:
        r = self.random
        latin = "".join(
            c for c in company.latin.lower() if c.isascii() and (c.isalnum() or c == " ")
        ).split() or ["corp"]
        label = r.choice(
            [
                "".join(latin),
                "-".join(latin),
                latin[0],
                "".join(latin)[:8],
                latin[0] + r.choice(["-jp", "group", "net", "-hd"]),
            ]
        )[:30]
        while True:
            domain = f"{label}.{r.choice(['co.jp', 'co.jp', 'jp', 'com', 'net', 'or.jp'])}"
            if domain not in self._domains:
                self._domains.add(domain)
                return domain
            label += str(r.randint(1, 99))

    def _latin(self, stem: str, reading: str) -> str:
        for trade, sound in words.TRADES:
            if stem.endswith(trade) and len(stem) > len(trade) and reading.endswith(sound):
                first, first_sound = stem[: -len(trade)], reading[: -len(sound)]
                head = words.ENGLISH.get(first) or kana.romaji(first_sound).title()
                tail = words.ENGLISH.get(trade, "") if self.random.random() < 0.5 else ""
                return f"{head} {tail or kana.romaji(sound).title()}"
        return words.ENGLISH.get(stem) or kana.romaji(reading).title()


def _number(r: random.Random) -> str:
    twelve = f"{r.randrange(10**12):012d}"
    return next(f"{d}{twelve}" for d in "123456789" if corporate_numbers.is_valid(f"{d}{twelve}"))


def _register(path: Path) -> list[dict]:
    """Companies of the register with a reading: the newest row, and the names before it."""
    held: dict[str, list[dict]] = {}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            held.setdefault(row["corporate_number"], []).append(row)
    found = []
    for rows in held.values():
        newest = rows[-1]
        stem, form, in_front = _without_form(newest["name"])
        if not newest["kana"] or not form:
            continue
        former = [(_without_form(row["name"])[0], row["kana"]) for row in rows[:-1] if row["kana"]]
        newest = newest | {"stem": stem, "form": form, "in_front": in_front}
        found.append(newest | {"former": [f for f in former if f[0] != stem]})
    return found


def _without_form(name: str) -> tuple[str, str, bool]:
    for form in (
        "株式会社",
        "有限会社",
        "合同会社",
        "一般社団法人",
        "医療法人社団",
        "医療法人",
        "社会福祉法人",
        "一般財団法人",
        "特定非営利活動法人",
        "合資会社",
    ):
        if name.startswith(form):
            return name[len(form) :], form, True
        if name.endswith(form):
            return name[: -len(form)], form, False
    return name, "", False
