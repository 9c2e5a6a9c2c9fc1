"""A company is known by all that sources and merges brought, whatever its fields have room for, and in any order."""

from itertools import permutations

import pytest
from django.db import transaction

from accounts import companies, contacts, duplicates, known, matching, merging, scanning
from accounts.models import Company, DuplicatePair, FurtherValue, MatchKey
from integrations.imports import outcome, undoing
from staff import relay
from tests.integrations.lists import checked, run

AOMINE = {
    "name": "青嶺精工",
    "phone": "0263-22-1111",
    "domain": "aomine-seiko.co.jp",
    "kana": "アオミネセイコウ",
    "prefecture": "長野県",
    "city": "松本市",
    "street": "中央1-2-3",
}
MORE = {
    "phone": "03-3356-1234",
    "domain": "aomine.jp",
    "kana": "セイレイセイコウ",
    "latin_name": "Blue Ridge Precision",
    "corporate_number": "7010601060823",
    "prefecture": "大阪府",
    "city": "大阪市北区",
    "street": "梅田3-4-5",
}


@pytest.fixture
def aomine(sato):
    return companies.create_company(AOMINE, by=sato)


def sure(**values):
    return [m.record for m in matching.find_companies(matching.Candidate(**values)) if m.is_certain]


def keys():
    return set(MatchKey.objects.values_list("kind", "value", "company", "contact"))


def test_what_a_source_adds_to_a_company_finds_it_from_then_on(aomine, sato):
    asked = [
        {"name": "(株)青嶺精工", "phone": "03-3356-1234"},
        {"name": "青嶺精工", "domain": "aomine.jp"},
        {"name": "ｾｲﾚｲｾｲｺｳ", "phone": "0263-22-1111"},
        {"name": "Blue Ridge Precision K.K.", "domain": "aomine-seiko.co.jp"},
        {"name": "青嶺精工", "prefecture": "大阪府", "city": "大阪市北区", "street": "梅田３丁目４番５号"},
    ]
    assert [sure(**values) for values in asked].count([aomine]) == 0

    companies.append(aomine, {"name": "株式会社青嶺精工"} | MORE, by=sato)

    assert [sure(**values) for values in asked] == [[aomine]] * len(asked)
    aomine.refresh_from_db()
    assert (aomine.phone, aomine.domain) == ("+81263221111", "aomine-seiko.co.jp")
    assert aomine.corporate_number == "7010601060823"  # there was room for it


def test_the_same_source_again_adds_nothing(aomine, sato):
    companies.append(aomine, {"name": "青嶺精工"} | MORE, by=sato)
    before = set(FurtherValue.objects.values_list("pk", "kind", "value"))

    again = companies.append_each([(aomine, {"name": "青嶺精工"} | MORE)], by=sato)

    assert [told.is_news for told in again] == [False]
    assert set(FurtherValue.objects.values_list("pk", "kind", "value")) == before
    assert {kind for _pk, kind, _value in before} == {"phone", "domain", "company_kana", "address"}


def test_another_name_of_a_source_is_a_spelling_and_one_given_up_a_former_name(aomine, sato):
    companies.append(aomine, {"name": "ブルーリッジ"}, by=sato)
    companies.edit_company(aomine, {"name": "青峰精工"}, {"name": "青嶺精工"}, by=sato)

    of = {
        name: [r["key"] for m in matching.find_companies(matching.Candidate(name=name)) for r in m.reasons]
        for name in ("ブルーリッジ", "青嶺精工")
    }

    assert of["ブルーリッジ"][0] == "name"
    assert of["青嶺精工"] == ["former"]


def test_the_people_of_a_company_speak_for_it(aomine, sato):
    contacts.create_contact(
        aomine, {"name": "田所 誠一", "phone": "026-234-5678", "mobile": "090-1111-2222", "email": "t@gmail.com"}, by=sato
    )  # fmt: skip

    assert sure(name="青嶺精工", phone="026-234-5678") == [aomine]
    assert sure(name="青嶺精工", mobile="090-1111-2222") == [aomine]
    assert sure(name="青嶺精工", email="t@gmail.com") == [aomine]
    assert sure(name="青嶺精工", person="田所誠一", prefecture="長野県") == [aomine]


def test_an_undone_import_takes_back_what_it_made_the_company_known_by(aomine, watanabe):
    before = keys()
    lists = checked(
        "会社名,代表電話,URL,会社名カナ\n青嶺精工,0263-22-1111,aomine.jp,セイレイセイコウ\n", watanabe, kind="companies"
    )  # fmt: skip
    batch = run(lists, watanabe)
    assert batch.rows.get().company_id == aomine.pk
    assert set(FurtherValue.objects.values_list("kind", "value")) == {
        ("domain", "aomine.jp"),
        ("company_kana", "セイレイセイコウ"),
    }
    assert ("domain", "aomine.jp", aomine.pk, None) in keys()

    batch = undoing.begin(batch, by=watanabe, seen=batch.version)
    relay.drain()

    assert keys() == before
    assert not FurtherValue.objects.exists()


def test_a_merge_makes_the_winner_known_by_what_the_loser_was_and_parting_takes_it_back(aomine, sato):
    other = companies.create_company(
        {"name": "アオミネ", "phone": "03-3356-1234", "domain": "aomine.jp"}, by=sato
    )
    companies.append(other, {"name": "アオミネ", "phone": "052-123-4567"}, by=sato)
    before = (keys(), set(FurtherValue.objects.values_list("pk", "company", "kind", "value")))

    merge = merging.merge_companies(aomine, other, by=sato)

    for phone in ("03-3356-1234", "052-123-4567", "0263-22-1111"):
        assert sure(name="青嶺精工", phone=phone) == [aomine]
        assert sure(name="アオミネ", phone=phone) == [aomine]
    merging.unmerge(merge, by=sato)
    assert (keys(), set(FurtherValue.objects.values_list("pk", "company", "kind", "value"))) == before


def test_a_line_that_makes_two_companies_one_puts_them_before_a_person_as_certain(watanabe, ito):
    one = companies.create_company({"name": "東雲フーズ", "phone": "03-1357-2468"}, by=watanabe)
    another = {"phone": "03-3344-5566", "domain": "shinonome.example"}
    two = companies.create_company({"name": "東雲フーズ", **another}, by=watanabe)
    assert [pair.verdict for pair in DuplicatePair.objects.all()] == ["probable"]

    lists = "会社名,代表電話,URL\n(株)東雲フーズ,03-1357-2468,shinonome.example\n"
    run(checked(lists, watanabe, kind="companies"), watanabe)

    pair = DuplicatePair.objects.get()
    assert (pair.company_a, pair.company_b, pair.verdict) == (one, two, "certain")
    [merge] = duplicates.accept_certain(by=ito)
    assert (merge.winner_id, merge.loser_id) == (one.pk, two.pk)


LISTS = [
    "株式会社朝霧精機,アサギリセイキ,03-3762-2101,,東京都大田区大森南2-4-8\n",
    "朝霧精機㈱,,,asagiri-seiki.example,\nASAGIRI SEIKI,,,asagiri-seiki.example,\n",
    "朝霧精機,,03-3762-2101,asagiri-seiki.example,\n有限会社朝霧精機,,0263-22-1111,,長野県松本市中央1-2-3\n",
]


def made_of(lists, by):
    """What the lists come to, brought in one after the other, and everything that is certain accepted."""
    with transaction.atomic():
        batches = []
        for text in lists:
            content = "会社名,会社名カナ,代表電話,URL,住所\n" + text
            batches.append(run(checked(content, by, kind="companies"), by))
            # What became one may make a third one certain.
            while duplicates.accept_certain(by=by):
                relay.drain()
        held = {}
        for batch in batches:
            alive = outcome.surviving(Company, list(batch.rows.values_list("company_id", flat=True)))
            for row in batch.rows.all():
                held.setdefault(alive.get(row.company_id, row.company_id), []).append(row.raw[0])
        transaction.set_rollback(True)
    return sorted(map(sorted, held.values()))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_lists_one_after_the_other_in_any_order_come_to_what_one_list_comes_to(order, ito):
    one = ["株式会社朝霧精機", "朝霧精機", "朝霧精機㈱", "ASAGIRI SEIKI"]
    expected = sorted(map(sorted, [one, ["有限会社朝霧精機"]]))
    assert made_of(["".join(LISTS)], ito) == expected

    assert made_of([LISTS[n] for n in order], ito) == expected


def test_what_is_stored_compares_like_its_twin_read_row_by_row(aomine, sato):
    """The statement that reads candidates with all they are known by gives what the slow way gives."""
    companies.append(aomine, {"name": "ブルーリッジ"} | MORE, by=sato)
    companies.edit_company(aomine, {"name": "青峰精工"}, {"name": "青嶺精工"}, by=sato)
    [fast] = known.with_all_known(Company.objects.filter(pk=aomine.pk))

    [slow] = known.records_of([fast])

    assert sorted(known.records_read(fast)) == sorted(slow)
    assert scanning.renew([fast]) == 0
