"""A list too long to be held whole gives what it gives when it is held whole."""

import pytest

from accounts.dedup import grouping, packed, people, reading
from accounts.dedup.blocks import DOMAIN, NAME, PHONE, Blocks, values_of
from accounts.dedup.evidence import Group
from accounts.dedup.grouping import Companies
from accounts.dedup.sites import Sites
from benchmarks.matching import sets
from benchmarks.matching.run import FIELDS


@pytest.fixture(scope="module")
def read():
    """A thousand records, of the kinds that occur."""
    made = sets.make(78, 1000, "b")
    lines = [{FIELDS.get(k, k): v for k, v in record.values.items()} for record in made.records]
    lines += [{"latin_name": "Yamada Trading"}, {"email": "sato@yamada.co.jp"}, {}]
    return [reading.read(line) for line in lines]


@pytest.fixture
def nearly_no_room(monkeypatch):
    monkeypatch.setattr(packed, "MOST_AT_HAND", 10)
    monkeypatch.setattr(grouping, "GROUPS_AT_HAND", 8)


def test_packed_records_are_the_records(read, nearly_no_room):
    kept = packed.kept(iter(read))

    assert isinstance(kept, packed.Packed)
    assert list(kept) == read
    assert (len(kept), kept[-1], kept[3:5]) == (len(read), read[-1], read[3:5])
    with pytest.raises(IndexError):
        kept[len(read)]


def test_a_short_list_is_kept_as_it_is_unless_many_are_announced(read):
    assert packed.kept(iter(read)) == read
    many = packed.kept(iter(read), are_many=True)
    assert isinstance(many, packed.Packed)
    assert list(many) == read


def test_others_in_some_places_stand_beside_what_is_packed(read, nearly_no_room):
    for kept in (read, packed.kept(read)):
        changed = packed.instead(kept, {2: read[0]})

        assert [changed[1], changed[2], changed[3]] == [read[1], read[0], read[3]]
        assert kept[2] == read[2]


def test_a_long_list_is_matched_as_a_short_one(read, nearly_no_room):
    here, there = Companies(read), Companies(packed.kept(read))

    assert here.group_of == there.group_of
    assert here.questions() == there.questions()
    who = people.People(there.records, there.group_of).group_of
    assert people.People(here.records, here.group_of).group_of == who
    assert (
        Sites(here.records, here.group_of, who).group_of == Sites(there.records, there.group_of, who).group_of
    )


def test_only_values_of_several_groups_are_kept():
    lines = [
        {"company_name": "山田商店", "company_phone": "03-3211-5678", "domain": "yamada.co.jp"},
        {"company_name": "山田商店", "domain": "yamada-shoten.jp"},
        {"company_name": "鈴木工業", "company_phone": "03-3211-5678"},
    ]
    groups = {n: Group([reading.read(line)]) for n, line in enumerate(lines)}

    blocks = Blocks()
    blocks.hold({n: values_of(group) for n, group in groups.items()})

    [phone] = groups[0].phones
    assert (blocks.count(NAME, "山田商店"), blocks.count(PHONE, phone)) == (2, 2)
    assert (blocks.count(NAME, "鈴木工業"), blocks.count(DOMAIN, "yamada.co.jp")) == (1, 1)
    assert [held for _value, held in blocks.shared(NAME)] == [[0, 1]]
    assert [held for _value, held in blocks.shared(PHONE)] == [[0, 2]]
    assert sorted(blocks.pairs(2)) == [(0, 1), (0, 2)]
    assert sorted(blocks.pairs(2, changed={1})) == [(0, 1)]
    assert not list(blocks.pairs(1))
