"""Lists of people as they come: exhibition workbooks, card apps, electronic cards."""

import csv
import io

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command

from accounts.models import Company, Contact, Site
from integrations.imports import outcome
from integrations.models import Import
from leads.models import Lead
from tests.integrations.lists import checked, run


def exhibition() -> bytes:
    """Titles, two rows of headers, merged companies, a hidden column and row, 和暦, lost zeros, a total."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet("来場者")
    page.merge_range(0, 0, 0, 8, "第12回 製造技術展 来場者名簿")
    page.write(1, 0, "出力日 令和8年7月10日")
    for column, text in ((0, "No"), (7, "来場日"), (8, "備考")):
        page.merge_range(3, column, 4, column, text)
    page.merge_range(3, 1, 3, 2, "会社")
    page.merge_range(3, 3, 3, 6, "ご担当者")
    for column, text in enumerate(["会社名", "郵便番号", "氏名", "フリガナ", "TEL", "E-mail"], 1):
        page.write(4, column, text)
    page.merge_range(5, 1, 6, 1, "東雲フーズ株式会社")
    rows = [
        (
            1,
            None,
            "100-0005",
            "村上 由佳",
            "ムラカミ ユカ",
            313572468,
            "murakami@shinonome.example",
            "R8.7.9",
            "検査",
        ),
        (
            2,
            None,
            600000,
            "三輪 健",
            "ﾐﾜ ｹﾝ",
            "０３－１３５７－２４６９",
            "miwa@shinonome.example",
            "令和8年7月9日",
            "",
        ),
        (
            3,
            "みなと物流㈱",
            2310005,
            "成田　翔",
            "なりた しょう",
            "045-123-4567",
            "narita@minato.example",
            46212,
            "",
        ),
    ]
    for line, row in enumerate(rows, 5):
        for column, value in enumerate(row):
            if value is not None:
                page.write(line, column, value)
    page.write(8, 0, "合計")
    page.write(8, 1, 3)
    page.set_column(2, 2, None, None, {"hidden": True})
    page.set_row(7, None, None, {"hidden": True})
    book.close()
    return file.getvalue()


def test_an_exhibition_workbook_comes_in_with_every_value_right(watanabe):
    batch = run(checked(exhibition(), watanabe, kind="contacts", name="名簿.xlsx"), watanabe)

    assert (batch.header_row, [column["name"] for column in batch.columns][:5]) == (
        5,
        ["No", "会社名", "郵便番号", "氏名", "ご担当者 フリガナ"],
    )
    people = Contact.objects.order_by("pk")
    assert list(people.values_list("company__name", "family_name", "given_name", "family_kana", "phone")) == [
        ("東雲フーズ株式会社", "村上", "由佳", "ムラカミ", "+81313572468"),
        ("東雲フーズ株式会社", "三輪", "健", "ミワ", "+81313572469"),
        ("みなと物流㈱", "成田", "翔", "ナリタ", "+81451234567"),
    ]
    assert people[0].notes == "検査"
    assert sorted(Company.objects.values_list("postal_code", flat=True)) == ["1000005", "2310005"]
    assert [(r.line, r.outcome, r.reason) for r in batch.rows.filter(outcome="skipped")] == [
        (9, "skipped", "合計の行です。")
    ]


EIGHT = (
    "Eightからエクスポートした名刺データです。\r\n文字コードの都合で表示できない文字は「?」になります。\r\n\r\n"
    "会社名,部署名,役職,氏名,e-mail,TEL会社,TEL部門,TEL直通,Eightでつながっている人,再データ化中の名刺,'?'を含んだデータ\r\n"
    "東雲フーズ株式会社,工場企画,課長,村上 由佳,murakami@shinonome.example,03-1357-2468,03-1357-2469,,,,\r\n"
    "?橋製作所,,,田中 一郎,tanaka@takahashi.example,,,,,,1\r\n"
    "みなと物流株式会社,,,?橋 健,takahashi@minato.example,,,,,,1\r\n"
)


def test_a_card_apps_file_with_lost_characters_names_the_lines(watanabe):
    batch = run(checked(EIGHT.encode("cp932"), watanabe, kind="contacts"), watanabe)

    contact = Contact.objects.get()
    assert (contact.family_name, contact.phone, contact.company.phone) == (
        "村上",
        "+81313572469",
        "+81313572468",
    )
    assert [
        (row.line, row.problems[0]["field"], row.problems[0]["code"])
        for row in batch.rows.filter(outcome="refused")
    ] == [
        (6, "company_name", "garbled"),
        (7, "person", "garbled"),
    ]


def quoted(text: str, encoding: str) -> bytes:
    return b"".join(b"=%02X" % byte for byte in text.encode(encoding))


OLD_CARD = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:"
    + quoted("佐々木", "cp932") + b";" + quoted("剛", "cp932")
    + b"\r\nSOUND;X-IRMC-N;CHARSET=SHIFT_JIS:" + "ｻｻｷ;ｺﾞｳ".encode("cp932")
    + b"\r\nORG;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:" + quoted("ダイワ精機", "cp932") + b"=\r\n" + quoted("株式会社", "cp932")
    + b"\r\nTEL;WORK;VOICE:03-1234-9876\r\nTEL;CELL:09024681357\r\nEMAIL;INTERNET:sasaki@daiwa.example"
    + b"\r\nADR;WORK;CHARSET=SHIFT_JIS:;;" + "丸の内1-1;千代田区;東京都;1000005;日本".encode("cp932")
    + b"\r\nEND:VCARD\r\n"
)  # fmt: skip
NEW_CARDS = """BEGIN:VCARD
VERSION:3.0
N:佐々木;剛;;;
X-PHONETIC-LAST-NAME:ささき
X-PHONETIC-FIRST-NAME:ごう
ORG:ダイワ精機株式会社
item1.TEL;TYPE=WORK,VOICE:03-1234-9876
TEL;TYPE=CELL:090-2468-1357
EMAIL;TYPE=INTERNET;TYPE=PREF:sasaki@daiwa.example
ADR;TYPE=WORK:;;丸の内
 1-1;千代田区;東京都;100-0005;日本
END:VCARD
""".replace("\n", "\r\n")
NEWEST_CARD = """BEGIN:VCARD
VERSION:4.0
FN:佐々木 剛
N;SORT-AS="ササキ,ゴウ":佐々木;剛;;;
ORG:ダイワ精機株式会社
TEL;VALUE=uri;TYPE="work,voice":tel:+81-3-1234-9876
TEL;VALUE=uri;TYPE=cell:tel:+81-90-2468-1357
EMAIL:sasaki@daiwa.example
ADR:;;丸の内1-1;千代田区;東京都;100-0005;日本
END:VCARD
"""


@pytest.mark.parametrize(
    "cards",
    [
        OLD_CARD,
        NEW_CARDS.encode(),
        NEWEST_CARD.encode(),
        NEWEST_CARD.encode("utf-16"),
        b"\xef\xbb\xbf" + NEWEST_CARD.encode(),
    ],
    ids=["2.1 Shift_JIS", "3.0", "4.0", "4.0 UTF-16", "4.0 with mark"],
)
def test_electronic_cards_of_every_version_give_the_same_person(cards, watanabe):
    batch = run(checked(cards, watanabe, kind="contacts", name="cards.vcf"), watanabe)

    contact = Contact.objects.select_related("company").get()
    assert (contact.family_name, contact.given_name, contact.family_kana, contact.given_kana) == (
        "佐々木", "剛", "ササキ", "ゴウ",
    )  # fmt: skip
    assert (contact.email, contact.phone, contact.mobile) == (
        "sasaki@daiwa.example", "+81312349876", "+819024681357",
    )  # fmt: skip
    company = contact.company
    assert (company.name, company.postal_code, company.address) == (
        "ダイワ精機株式会社", "1000005", "東京都千代田区丸の内1-1",
    )  # fmt: skip
    assert batch.counts["made"]["people"] == 1


def test_a_site_in_the_list_or_in_the_name_is_a_site_of_one_company(watanabe):
    text = (
        "会社名,拠点名,代表電話,住所,氏名\n東雲フーズ株式会社,本社,03-1357-2468,東京都千代田区丸の内1-1,村上 由佳\n"
        "東雲フーズ株式会社,大阪支店,06-2468-1357,大阪府大阪市北区梅田2-2,三輪 健\n東雲フーズ株式会社 松本工場,,0263-12-3456,長野県松本市中央1-1,小野 晶\n"
    )
    for _time in range(2):
        batch = run(checked(text, watanabe, kind="companies"), watanabe)

    company = Company.objects.get()
    assert (company.phone, company.address) == ("+81313572468", "東京都千代田区丸の内1-1")
    assert list(Site.objects.order_by("pk").values_list("name", "phone", "city")) == [
        ("本社", "+81313572468", "千代田区"),
        ("大阪支店", "+81624681357", "大阪市北区"),
        ("松本工場", "+81263123456", "松本市"),
    ]
    assert [str(contact.site) for contact in Contact.objects.order_by("pk")] == [
        "本社",
        "大阪支店",
        "松本工場",
    ]
    told = list(outcome.table(batch))[1:]
    assert [row[4] for row in told] == list(Site.objects.order_by("pk").values_list("pk", flat=True))


def test_the_command_offers_no_way_of_merging_that_it_does_not_have(tmp_path):
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("import_file", "contacts", tmp_path / "cards.csv", "--merge", "none")


def test_the_command_tells_every_line_and_says_by_its_exit_code_whether_all_came_in(
    tmp_path, capsys, system, sato
):
    path, rows = tmp_path / "cards.csv", tmp_path / "rows.csv"
    path.write_bytes(EIGHT.encode("cp932"))

    with pytest.raises(SystemExit) as ended:
        call_command(
            "import_file", "contacts", path, "--preset", "eight", "--merge", "certain", "--rows", rows,
            "--report", tmp_path / "report.json", "--failed", tmp_path / "failed.xlsx",
        )  # fmt: skip

    assert ended.value.code == 3
    assert '"refused": 2' in capsys.readouterr().out
    told = list(csv.reader(rows.read_text("utf-8-sig").splitlines()))
    assert told[0] == [
        "line",
        "id",
        "outcome",
        "会社ID",
        "拠点ID",
        "連絡先ID",
        "reason",
        "リードID",
        "案件ID",
    ]
    contact = Contact.objects.get()
    assert told[1] == ["5", "", "created", str(contact.company_id), "", str(contact.pk), "", "", ""]
    assert [line[2] for line in told[2:]] == ["refused", "refused"]
    assert "失われ" in told[2][6]
    assert (tmp_path / "failed.xlsx").stat().st_size > 1000
    assert '"exit_code": 3' in (tmp_path / "report.json").read_text()


def test_a_trial_run_leaves_nothing_behind(tmp_path, capsys, system):
    path = tmp_path / "list.csv"
    path.write_text("会社名,代表電話\n東雲フーズ株式会社,03-1357-2468\n")

    call_command("import_file", "companies", path, "--dry-run", "--rows", tmp_path / "rows.csv")

    assert not Company.objects.exists()
    assert not Import.objects.exists()
    assert "create" in (tmp_path / "rows.csv").read_text("utf-8-sig")


def test_ids_are_those_of_the_record_that_lives_on(watanabe):
    batch = run(
        checked("会社名,氏名\n東雲フーズ,村上 由佳\nみなと物流,成田 翔\n", watanabe, kind="companies"),
        watanabe,
    )
    winner, loser = Company.objects.order_by("pk")
    Company.objects.filter(pk=loser.pk).update(merged_into=winner)

    assert [row[3] for row in list(outcome.table(batch))[1:]] == [winner.pk, winner.pk]


def test_extensions_are_kept_as_notes_of_whom_the_line_names(watanabe):
    people = (
        "会社名,氏名,電話番号,備考\n東雲フーズ株式会社,村上 由佳,03-3211-5678 内線12,検査の担当\n".encode()
    )
    run(checked(people, watanabe, kind="contacts"), watanabe)
    companies = "会社名,代表電話\n青嶺精工株式会社,０２６３−２２−１１１１（内線３０５）\n".encode()
    run(checked(companies, watanabe, kind="companies"), watanabe)
    leads = "会社名,氏名,電話番号\n藤沢フーズ株式会社,大石 健,0466-22-1111 ext.7\n".encode()
    run(checked(leads, watanabe, kind="leads"), watanabe)

    contact = Contact.objects.get(family_name="村上")
    assert (contact.phone, contact.notes) == ("+81332115678", "検査の担当\n03-3211-5678 内線 12")
    company = Company.objects.get(name="青嶺精工株式会社")
    assert (company.phone, company.notes) == ("+81263221111", "0263-22-1111 内線 305")
    lead = Lead.objects.get(family_name="大石")
    assert (lead.phone, lead.interest) == ("+81466221111", "0466-22-1111 内線 7")
