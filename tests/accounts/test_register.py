"""A sample of the real register: former names, namesakes, and rows of one day whose order nobody knows."""

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from accounts import companies
from accounts.matching import Candidate, find_inside, find_many
from accounts.models import Company, FactsQuestion
from crm.lib.names import company_key

SAMPLE = Path(__file__).parent.parent / "data" / "corporate_numbers.csv"


def values_of(row):
    return {
        "name": row["name"],
        "kana": row["kana"],
        "latin_name": row["english"],
        "corporate_number": row["corporate_number"],
        "postal_code": row["postal"],
        "prefecture": row["prefecture"],
        "city": row["city"],
        "street": row["street"],
        "changed_on": date.fromisoformat(row["changed_on"]),
    }


@pytest.fixture(scope="module")
def rows():
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        return [values_of(row) for row in csv.DictReader(file)]


@pytest.fixture
def loaded(rows, sato):
    """The first row of each corporation creates it, the others are appended."""
    first = {}
    for row in rows:
        first.setdefault(row["corporate_number"], row)
    made = companies.create_many(list(first.values()), by=sato)
    by_number = {company.corporate_number: company for company in made}
    rest = [row for row in rows if row is not first[row["corporate_number"]]]
    companies.append_many([(by_number[row["corporate_number"]], row) for row in rest], by=sato)
    return rows


def test_each_corporation_has_its_newest_name_and_the_ambiguous_ones_are_asked(loaded):
    states = defaultdict(list)
    for row in loaded:
        states[row["corporate_number"]].append(row)

    asked = set(
        FactsQuestion.objects.filter(about="name").values_list("company__corporate_number", flat=True)
    )
    ambiguous = set()
    for number, known in states.items():
        newest = max(row["changed_on"] for row in known)
        names = {row["name"] for row in known if row["changed_on"] == newest}
        company = Company.objects.get(corporate_number=number)
        assert company.name in names
        every_name = {company.name, *company.former_names.values_list("name", flat=True)}
        keys = {company_key(name) for name in every_name}
        assert {company_key(row["name"]) for row in known} <= keys
        if len(names) > 1:
            ambiguous.add(number)
    assert ambiguous
    assert ambiguous <= asked


def test_loading_the_register_again_changes_nothing(loaded, sato):
    before = set(Company.objects.values_list("pk", "name", "street", "version"))
    by_number = {company.corporate_number: company for company in Company.objects.all()}

    companies.append_many([(by_number[row["corporate_number"]], row) for row in loaded], by=sato)

    assert set(Company.objects.values_list("pk", "name", "street", "version")) == before


def test_every_row_finds_its_own_corporation_and_no_namesake(loaded):
    asked = [Candidate(name=row["name"], corporate_number=row["corporate_number"]) for row in loaded]

    for row, found in zip(loaded, find_many(asked), strict=True):
        assert [m.record.corporate_number for m in found] == [row["corporate_number"]]


def test_without_its_number_a_row_is_still_among_what_is_found(loaded):
    asked = [
        Candidate(name=row["name"], prefecture=row["prefecture"], city=row["city"], street=row["street"])
        for row in loaded
    ]

    for row, found in zip(loaded, find_many(asked), strict=True):
        assert row["corporate_number"] in [m.record.corporate_number for m in found]


def test_rows_of_one_corporation_are_seen_inside_the_file(rows):
    found = find_inside([Candidate(name=r["name"], corporate_number=r["corporate_number"]) for r in rows])

    seen = set()
    for row, matches in zip(rows, found, strict=True):
        same = [rows[m.record]["corporate_number"] == row["corporate_number"] for m in matches]
        assert all(same)
        assert bool(same) is (row["corporate_number"] in seen)
        seen.add(row["corporate_number"])
