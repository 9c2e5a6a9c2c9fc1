import csv
from pathlib import Path

from accounts import companies, scanning
from accounts.models import Company, CompanyName, Contact, DuplicatePair, FactsQuestion
from integrations.imports import deciding
from tests.integrations.lists import checked, run

REGISTER = Path(__file__).parent.parent / "data" / "corporate_numbers.csv"
HEADER = "会社名,代表電話,住所,氏名,役職,メール\n"


def test_the_register_gives_each_corporation_once_with_its_former_names(watanabe):
    rows = list(csv.DictReader(REGISTER.open(encoding="utf-8")))
    states: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        states.setdefault(row["corporate_number"], []).append(row)

    batch = run(checked(REGISTER.read_bytes(), watanabe, kind="companies", name="register.csv"), watanabe)

    assert Company.objects.count() == len(states)
    for number, known in states.items():
        company = Company.objects.get(corporate_number=number)
        newest = max(row["changed_on"] for row in known)
        current = {row["name"].replace("\u3000", " ") for row in known if row["changed_on"] == newest}
        assert company.name in current
        assert str(company.changed_on) == newest
        asked = set(company.questions.filter(about="name").values_list("values__name", flat=True))
        assert asked == current - {company.name}
    assert batch.counts["made"]["ambiguous"] == FactsQuestion.objects.count()
    assert batch.counts["made"]["former_names"] == CompanyName.objects.count()
    assert not DuplicatePair.objects.exists()


def test_the_register_again_changes_nothing(watanabe):
    run(checked(REGISTER.read_bytes(), watanabe, kind="companies"), watanabe)
    before = list(Company.objects.order_by("pk").values())
    questions = FactsQuestion.objects.count()

    run(checked(REGISTER.read_bytes(), watanabe, kind="companies"), watanabe)

    assert list(Company.objects.order_by("pk").values()) == before
    assert FactsQuestion.objects.count() == questions


def test_an_odd_name_is_somebody_trying_out_unless_it_is_registered(watanabe):
    batch = checked(
        "会社名,法人番号\n株式会社ＡＡＡ,9080401022024\n株式会社ああああ,\n", watanabe, kind="companies"
    )

    registered, tried = batch.rows.order_by("line")
    assert (registered.standing, tried.standing) == ("new", "bad")
    assert [problem["code"] for problem in tried.problems] == ["trial"]


def test_people_come_in_with_their_company(watanabe):
    batch = checked(
        HEADER
        + "東雲フーズ株式会社,03-1357-2468,東京都千代田区丸の内1-1,村上 由佳,工場長,murakami@shinonome.example\n"
        + "㈱東雲フーズ,,,三輪 健,,miwa@shinonome.example\n"
        + "東雲フーズ,03-1357-2468,,村上由佳,,\n",
        watanabe,
        kind="companies",
    )
    assert list(batch.rows.values_list("line", "same_as", "standing")) == [
        (2, None, "new"),
        (3, 2, "new"),
        (4, 2, "known"),
    ]

    batch = run(batch, watanabe)

    company = Company.objects.get()
    assert (company.name, company.phone, company.domain) == (
        "東雲フーズ株式会社",
        "+81313572468",
        "shinonome.example",
    )
    assert (company.prefecture, company.city, company.street) == ("東京都", "千代田区", "丸の内1-1")
    assert sorted(Contact.objects.values_list("family_name", "given_name", "title")) == [
        ("三輪", "健", ""), ("村上", "由佳", "工場長"),
    ]  # fmt: skip
    assert batch.counts["made"] == {"companies": 1, "people": 2, "created": 2, "unchanged": 1}


def test_a_known_company_is_filled_and_not_overwritten(watanabe):
    company = companies.create_company(
        {"name": "東雲フーズ株式会社", "phone": "03-1357-2468", "industry": "食品"}, by=watanabe
    )

    batch = checked(
        "会社名,代表電話,業種,従業員数\n㈱東雲フーズ,03-1357-2468,製造,120名\n", watanabe, kind="companies"
    )
    assert batch.rows.get().decision == "append"
    run(batch, watanabe)

    company.refresh_from_db()
    assert (company.industry, company.employees, Company.objects.count()) == ("食品", 120, 1)


def test_a_similar_company_comes_in_and_the_pair_waits_in_the_queue(watanabe):
    there = companies.create_company({"name": "東雲フーズ株式会社", "prefecture": "北海道"}, by=watanabe)

    batch = run(checked("会社名,都道府県\n㈱東雲フーズ,沖縄県\n", watanabe, kind="companies"), watanabe)

    new = Company.objects.exclude(pk=there.pk).get()
    pair = DuplicatePair.objects.get()
    assert (pair.company_a, pair.company_b, pair.state) == (there, new, "open")
    assert batch.counts["made"] == {"companies": 1, "queued": 1, "created": 1}


def test_a_doubtful_new_company_is_compared_once_more_with_all_that_are_there(watanabe, monkeypatch):
    there = companies.create_company({"name": "東雲フーズ株式会社", "prefecture": "北海道"}, by=watanabe)
    compared: list[Company] = []
    monkeypatch.setattr(scanning, "compare", compared.extend)

    run(
        checked("会社名,都道府県\n㈱東雲フーズ,沖縄県\nみなと物流,神奈川県\n", watanabe, kind="companies"),
        watanabe,
    )

    # Not the one that nothing was added to, nor the one that nobody doubts.
    assert compared == [Company.objects.exclude(pk=there.pk).get(name="㈱東雲フーズ")]


def test_namesakes_in_one_list_are_asked_about_and_not_joined(watanabe):
    batch = checked(
        "会社名,都道府県,市区町村\n山田製作所,長野県,松本市\n山田製作所,沖縄県,那覇市\n",
        watanabe,
        kind="companies",
    )

    assert list(batch.rows.values_list("line", "standing", "decision")) == [
        (2, "new", "create"),
        (3, "similar", "ask"),
    ]
    run(batch, watanabe)
    assert Company.objects.count() == 2
    assert DuplicatePair.objects.count() == 1


def test_one_name_with_two_domains_in_one_list_is_a_question(watanabe):
    batch = checked(
        "会社名,URL\n山田製作所,yamada-a.example\n山田製作所,yamada-b.example\n東雲フーズ,\n(株)東雲フーズ,\n",
        watanabe,
        kind="companies",
    )

    assert list(batch.rows.values_list("line", "standing", "decision", "same_as")) == [
        (2, "new", "create", None),
        (3, "similar", "ask", None),
        (4, "new", "create", None),
        (5, "known", "append", 4),
    ]


def test_different_valid_numbers_are_never_one_company(watanabe):
    companies.create_company({"name": "東雲フーズ株式会社", "corporate_number": "7000012050002"}, by=watanabe)

    batch = checked("会社名,法人番号\n東雲フーズ株式会社,1010001000006\n", watanabe, kind="companies")

    row = batch.rows.get()
    assert (row.standing, row.problems) == ("new", []) or row.problems[0]["code"] == "check_digit"


def test_a_number_that_is_taken_by_an_unseen_company_does_not_stop_the_line(watanabe, ito):
    secret = companies.create_company({"name": "極秘電機", "corporate_number": "7000012050002"}, by=ito)
    companies.restrict(secret, [], [], by=ito)

    batch = checked("会社名,法人番号\n極秘電機,7000012050002\n", watanabe, kind="companies")
    assert batch.rows.get().decision == "ask"
    # Not even how alike it is, as "90 points or more" would say.
    assert (batch.counts["similar"], batch.counts["sure"]) == (1, 0)
    run(batch, watanabe)

    new = Company.objects.exclude(pk=secret.pk).get()
    assert new.corporate_number == ""
    assert DuplicatePair.objects.get().reasons[0]["key"] == "number"


def test_a_person_without_a_name_is_proposed_as_unknown(watanabe):
    batch = checked(HEADER + "東雲フーズ,,,,,info@shinonome.example\n", watanabe, kind="companies")
    problem = batch.rows.get().problems[0]
    assert (problem["code"], problem["repair"]) == ("no_person", "担当者不明")

    deciding.accept_repairs(batch, by=watanabe)
    run(batch, watanabe)

    assert Contact.objects.get().family_name == "担当者不明"


def test_a_line_that_names_nobody_brings_the_company_with_its_phone(watanabe):
    text = "会社名,氏名,電話番号\n東雲フーズ株式会社,岡田 隆司,03-1357-2468\n秋津テキスタイル株式会社,,0277-22-1111\n港南工業株式会社,,090-3187-4420\n"

    batch = run(checked(text, watanabe, kind="companies"), watanabe)

    held = Company.objects.order_by("pk").values_list("name", "phone")
    assert list(held) == [("東雲フーズ株式会社", ""), ("秋津テキスタイル株式会社", "+81277221111")]
    # A mobile is somebody's: whose, is asked.
    assert batch.rows.get(outcome="refused").problems[0]["code"] == "no_person"


def test_two_lists_checked_side_by_side_do_not_double_a_company(watanabe, ito):
    text = "会社名,代表電話\n東雲フーズ株式会社,03-1357-2468\n"
    first = checked(text, watanabe, kind="companies")
    second = checked(text, ito, kind="companies")

    run(first, watanabe)
    second = run(second, ito)

    assert Company.objects.count() == 1
    assert second.counts["made"] == {"unchanged": 1}
