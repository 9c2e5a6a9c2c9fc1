"""One box finds everything the person may see, in every spelling that people type, the best first."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import companies, contacts, files, moving, places
from activities import log
from crm.lib import asking
from pipeline import files as deal_files
from staff import search
from staff.readers import Reader
from tests.factories import make_deal, make_lead


def titles(person, typed, kind=""):
    """What is found, in its order: all of it, or of one kind."""
    found = search.find(person, typed)
    return [hit.title for source, hits in found for hit in hits if not kind or source.kind == kind]


@pytest.fixture
def aomine(sato):
    values = {
        "name": "青嶺精工株式会社", "kana": "アオミネセイコウ", "latin_name": "Aomine Seiko", "phone": "0263-25-1234",
        "domain": "aomine-seiko.example", "corporate_number": "7000012050002", "owner": sato,
    }  # fmt: skip
    return companies.create_company(values, by=sato)


@pytest.mark.parametrize(
    "typed",
    [
        "青嶺", "精工", "青嶺精工株式会社", "㈱青嶺精工"[1:], "あおみね", "ｱｵﾐﾈ", "アオミネセイコウ", "aomine", "AOMINE seiko", "aominesei",
        "0263-25-1234", "０２６３－２５－１２３４", "+81 263-25-1234", "+81(0)263251234", "0081 263 25 1234", "251234", "1234",
        "aomine-seiko.example", "7000012050002", "T7000012050002",
    ],
)  # fmt: skip
def test_a_company_is_found_as_people_type_it(aomine, sato, typed):
    assert titles(sato, typed, "company") == ["青嶺精工株式会社"]


@pytest.mark.parametrize(
    "typed",
    ["山田", "山田太郎", "山田 太郎", "太郎 山田", "やまだ", "ヤマダ", "やまだ たろう", "yamada", "yamada taro", "taro yamada", "yamada taroh",
     "y.yamada@aomine", "090-1234-5678", "+819012345678", "5678"],
)  # fmt: skip
def test_a_person_is_found_as_people_type_them(aomine, sato, typed):
    values = {
        "name": "山田 太郎",
        "kana": "ヤマダ タロウ",
        "email": "y.yamada@aomine.example",
        "mobile": "090-1234-5678",
    }
    contacts.create_contact(aomine, values, by=sato)

    assert titles(sato, typed, "contact") == ["山田 太郎"]


@pytest.mark.parametrize(
    ("name", "typed"), [("山田 太郎", "やまだ"), ("田中", "tanaka"), ("佐藤", "satou"), ("斎藤", "さいとう")]
)
def test_a_name_without_its_kana_is_found_by_its_usual_reading(aomine, sato, name, typed):
    contacts.create_contact(aomine, {"name": name}, by=sato)

    assert titles(sato, typed, "contact") == [name]


def test_a_firm_without_its_kana_is_found_by_the_readings_of_its_parts(sato):
    companies.create_company({"name": "株式会社山田製作所"}, by=sato)

    assert titles(sato, "やまだせい") == titles(sato, "yamada seisakusho") == ["株式会社山田製作所"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("satou", "sato"), ("satoh", "sato"), ("tutiya", "tsuchiya"), ("simbun", "shimbun"), ("ohno", "ono"), ("yuuki", "yuki"),
     ("kyouto", "kyoto"), ("zyun", "jun"), ("huzi", "fuji"), ("shinbashi", "shimbashi")],
)  # fmt: skip
def test_romaji_is_compared_as_it_is_stored(typed, stored):
    assert asking.hepburn(typed) == stored


def test_the_best_stand_first(sato, takahashi):
    for name, owner in (
        ("東京山田商事株式会社", sato), ("山田フーズ株式会社", takahashi), ("山田工業株式会社", sato), ("株式会社山田", takahashi),
    ):  # fmt: skip
        companies.create_company({"name": name, "owner": owner}, by=sato)

    # Called so; begins so, one's own before others'; inside.
    assert titles(sato, "山田", "company") == [
        "株式会社山田",
        "山田工業株式会社",
        "山田フーズ株式会社",
        "東京山田商事株式会社",
    ]


def test_what_is_called_so_is_found_among_very_many(sato, monkeypatch):
    monkeypatch.setattr(search, "WEIGHED", 3)
    search._statement.cache_clear()
    exact = companies.create_company({"name": "工場株式会社"}, by=sato)
    companies.create_many([{"name": f"第{n}工場サービス"} for n in range(30)], by=sato)

    assert titles(sato, "工場", "company")[0] == exact.name
    search._statement.cache_clear()


def test_rows_with_a_word_are_read_by_their_grams_and_never_from_the_newest_back(ito, sato):
    """However common the planner believes a word to be: the newest rows may be the ones that do not have it."""
    companies.create_many([{"name": f"第{n}工場サービス"} for n in range(60)], by=sato)
    words = asking.words("工場")
    statement, params = search._statement(Reader.of(ito), tuple(len(word.spellings) for word in words), 6)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_company")
        # As it would be among very many rows: reading all is dear, and so is putting what was found into an order.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {statement}", {**params, **search._asked(words)})
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Bitmap Index Scan on company_grams" in plan
    assert "Backward using accounts_company_pkey" not in plan


def test_former_names_still_find_the_company(aomine, sato):
    companies.edit_company(aomine, {"name": "アオミネテック株式会社"}, {"name": "青嶺精工株式会社"}, by=sato)

    assert titles(sato, "青嶺精工", "company") == ["アオミネテック株式会社"]


def test_deals_and_people_are_found_by_their_company(aomine, sato):
    contacts.create_contact(aomine, {"name": "田所 誠一"}, by=sato)
    make_deal(sato, "Discovery", aomine, name="検査ライン更新")
    make_deal(sato, "Discovery", aomine, name="搬送装置")

    assert titles(sato, "青嶺", "deal") == ["搬送装置", "検査ライン更新"]
    assert titles(sato, "青嶺 検査", "deal") == ["検査ライン更新"]
    assert titles(sato, "あおみね 田所") == ["田所 誠一"]


def test_who_moved_is_found_by_the_old_company_and_by_the_new(aomine, sato):
    tadokoro = contacts.create_contact(aomine, {"name": "田所 誠一"}, by=sato)
    hikari = companies.create_company({"name": "株式会社ひかり電装"}, by=sato)
    moving.move(tadokoro, by=sato, on=timezone.localdate(), seen=1, company=hikari)

    assert titles(sato, "青嶺 田所") == titles(sato, "ひかり 田所") == ["田所 誠一"]


def test_a_site_is_found_by_its_old_name_and_by_the_new(aomine, sato):
    site = companies.add_site(aomine, "第二工場", by=sato)
    places.edit_site(site, {"name": "松本工場"}, by=sato, seen=1, since=timezone.localdate())

    assert titles(sato, "第二工場", "site") == titles(sato, "松本工場", "site") == ["松本工場"]


def test_minutes_are_found_by_their_last_words_too(aomine, sato):
    body = "挨拶。" + "".join(chr(0x4E00 + n) for n in range(3000)) + "電源容量の確認は来週。"
    log.log_activity("meeting", by=sato, company=aomine, body=body)

    [title] = titles(sato, "電源容量", "activity")
    assert "電源容量" in title
    assert len(title) < 100


def test_files_are_found_by_name(aomine, sato):
    files.attach(aomine, None, "recording", by=sato, name="初回面談の録画", link="https://meet.example/1")
    deal_files.link(
        make_deal(sato, company=aomine), "提案書 第二版", "https://x.example/2", "proposal", by=sato
    )

    [(_source, [hit])] = search.find(sato, "面談")
    assert (hit.title, hit.url) == ("初回面談の録画", "https://meet.example/1")
    assert titles(sato, "提案書") == ["提案書 第二版"]


def test_nothing_hidden_is_found_by_any_way(aomine, sato, tanaka):
    tadokoro = contacts.create_contact(aomine, {"name": "田所 誠一"}, by=sato)
    companies.add_site(aomine, "第二工場", by=sato)
    deal = make_deal(sato, "Discovery", aomine, name="田所様 検査ライン")
    make_lead(sato, "青嶺精工", company=aomine)
    log.log_activity("memo", by=sato, company=aomine, body="田所様の話")
    log.log_activity("memo", by=sato, deal=deal, body="田所様の予算")
    files.attach(aomine, None, "other", by=sato, name="田所様あて", link="https://x.example/")
    deal_files.link(deal, "田所様 見積", "https://x.example/", "quote", by=sato)
    hikari = companies.create_company({"name": "株式会社ひかり電装"}, by=sato)
    companies.restrict(aomine, [], [], by=sato)

    for typed in ("青嶺", "田所", "第二", "あおみね 田所", "7000012050002", "見積"):
        assert titles(sato, typed)
        assert titles(tanaka, typed) == []

    # Who went on to a company that everybody sees is found there, and not by the hidden one.
    moving.move(tadokoro, by=sato, on=timezone.localdate(), seen=1, company=hikari)
    assert titles(tanaka, "田所") == ["田所 誠一"]
    assert titles(tanaka, "青嶺 田所") == titles(tanaka, "青嶺") == []


@pytest.mark.parametrize(
    "typed", ["", "  ", "%", "_", "'", "\\", "%(w0_0)s", "{0}", "a" * 500, "山 " * 60, "\x00", "+81", "0"]
)
def test_odd_searches_find_nothing_and_break_nothing(client, aomine, sato, typed):
    client.force_login(sato)

    for headers in ({}, {"HX-Request": "true"}):
        assert client.get(reverse("search"), {"q": typed}, headers=headers).status_code == 200


def test_a_search_is_one_statement(aomine, sato):
    search.find(sato, "青嶺")  # a statement is put together once
    with CaptureQueriesContext(connection) as asked:
        search.find(sato, "青嶺 検査")

    assert len(asked) == 1
