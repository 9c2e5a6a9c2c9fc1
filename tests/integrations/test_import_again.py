"""The same list again makes nothing twice, be it ever so sparse."""

import pytest

from accounts.models import Company, Contact
from leads.models import Lead
from tests.integrations.lists import checked, run


@pytest.mark.parametrize("kind", ["companies", "contacts", "leads"])
def test_the_same_file_again_makes_nothing_twice(kind, watanabe, sato):
    text = "会社名,氏名\n東雲フーズ,村上 由佳\nみなと物流,\n山田製作所,小野 晶\n山田商会,\n"
    if kind == "contacts":
        text = text.replace("みなと物流,\n", "").replace("山田商会,\n", "")

    first = run(checked(text, watanabe, kind=kind), watanabe)
    before = (Company.objects.count(), Contact.objects.count(), Lead.objects.count())
    second = run(checked(text, watanabe, kind=kind), watanabe)

    assert (Company.objects.count(), Contact.objects.count(), Lead.objects.count()) == before
    ids = ("line", "company_id", "contact_id", "lead_id")
    assert list(second.rows.values_list(*ids)) == list(first.rows.values_list(*ids))


def test_a_later_list_of_the_same_source_is_known_by_its_ids(watanabe):
    header = "顧客番号,会社名,業種\n"
    run(checked(header + "C-1,山田製作所,\nC-2,山田商会,\n", watanabe, kind="companies"), watanabe)

    text = header + "C-3,山田工業,\nC-1,山田製作所,機械\nC-2,別の会社,\n"
    batch = run(checked(text, watanabe, kind="companies"), watanabe)

    assert [(row.sender_id, row.outcome) for row in batch.rows.order_by("line")] == [
        ("C-3", "created"),
        ("C-1", "appended"),
        ("C-2", "created"),  # the id says one thing and the name another
    ]
    assert Company.objects.get(name="山田製作所").industry == "機械"


def test_the_check_of_the_same_file_counts_nothing_as_new(watanabe):
    rows = "会社名,代表電話,氏名,従業員数\n東雲フーズ株式会社,03-1357-2468,村上 由佳,10\n東雲フーズ株式会社,,小野 晶,\n合計,,,10\n"
    first = checked(rows, watanabe, kind="companies")
    assert {key: first.counts[key] for key in ("new", "known", "left", "companies", "people")} == {
        "new": 2, "known": 0, "left": 1, "companies": 1, "people": 2,
    }  # fmt: skip
    run(first, watanabe)

    again = checked(rows, watanabe, kind="companies")

    assert {key: again.counts[key] for key in ("new", "known", "left", "companies", "people")} == {
        "new": 0, "known": 2, "left": 1, "companies": 0, "people": 0,
    }  # fmt: skip


def test_a_new_person_of_a_known_company_is_counted_as_one(watanabe):
    run(checked("会社名,代表電話\n東雲フーズ株式会社,03-1357-2468\n", watanabe, kind="companies"), watanabe)

    batch = checked("会社名,代表電話,氏名\n㈱東雲フーズ,03-1357-2468,林 空\n", watanabe, kind="companies")

    assert (batch.counts["known"], batch.counts["companies"], batch.counts["people"]) == (1, 0, 1)
    assert run(batch, watanabe).counts["made"]["people"] == 1


def test_people_come_to_the_company_whose_id_their_line_names(watanabe, ito):
    run(
        checked("取引先 ID,取引先名,電話\n001A,株式会社東雲フーズ,03-1357-2468\n", ito, kind="companies"), ito
    )
    foods = Company.objects.get()
    people = "Id,AccountId,LastName,FirstName,MobilePhone\n003A,001A,村上,由佳,090-1111-2222\n003B,001A,小野,晶,\n003C,009X,林,空,\n"

    batch = checked(people, watanabe, kind="contacts", name="Contact.csv")

    assert batch.preset == "salesforce"
    assert [(row.standing, row.decision) for row in batch.rows.order_by("line")] == [
        ("known", "append"), ("known", "append"), ("bad", "skip"),
    ]  # fmt: skip
    assert [p["code"] for p in batch.rows.get(line=4).problems] == ["no_such_company"]
    run(batch, watanabe)
    assert set(Contact.objects.values_list("company", "family_name")) == {
        (foods.pk, "村上"),
        (foods.pk, "小野"),
    }
    again = run(checked(people, watanabe, kind="contacts", name="Contact.csv"), watanabe)
    assert (Contact.objects.count(), again.counts["made"]["unchanged"]) == (2, 2)


def test_an_id_whose_company_is_called_otherwise_decides_nothing(watanabe):
    run(checked("取引先ID,取引先名\n001A,株式会社東雲フーズ\n", watanabe, kind="companies"), watanabe)

    batch = checked("取引先ID,会社名,氏名\n001A,みなと物流株式会社,成田 翔\n", watanabe, kind="contacts")

    assert batch.rows.get().standing == "new"
