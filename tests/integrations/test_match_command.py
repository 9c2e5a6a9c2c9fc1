import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crm.lib import servers
from integrations.imports.list_matching import recognised

LIST = """会社名,氏名,電話番号,メール,住所
株式会社青嶺精工,田所 誠一,0263-22-1111,tadokoro@aomine.co.jp,長野県松本市中央1-2-3
(株)青嶺精工 松本工場,三浦 恵,,miura@aomine.co.jp,
ｶ)ｱｵﾐﾈｾｲｺｳ,,０２６３－２２－１１１１,,松本市中央一丁目2番3号
,,,,
みなと物流,成田 翔,045-123-4567,,神奈川県横浜市西区1-1-1
みなと物流株式会社,成田翔,,narita@gmail.com,
"""


@pytest.fixture
def run(tmp_path):
    def run(text=LIST, encoding="utf-8", **options):
        given = tmp_path / "list.csv"
        given.write_bytes(text.encode(encoding))
        out, pairs = tmp_path / "clusters.csv", tmp_path / "pairs.csv"
        call_command("match", given, out=out, pairs=pairs, verbosity=0, **options)
        with out.open(encoding="utf-8") as clusters, pairs.open(encoding="utf-8") as asked:
            return list(csv.reader(clusters)), list(csv.DictReader(asked))

    return run


def test_every_line_has_its_number_and_its_cluster(run):
    clusters, _pairs = run()

    assert clusters == [
        ["record_no", "cluster_id"],
        ["1", "1"],
        ["2", "1"],
        ["3", "1"],
        ["4", "4"],
        ["5", "5"],
        ["6", "5"],
    ]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16"])
def test_the_encoding_is_found(encoding, run):
    assert len(run(LIST, encoding)[0]) == 7


def test_pairs_have_score_verdict_and_reasons_in_words_questions_first(run):
    _clusters, pairs = run(
        "会社名,電話\n青嶺精工,0263-22-1111\n青嶺精工,045-123-4567\n株式会社丸弥,052-222-3333\n丸弥㈱,052-222-3333\n",
        lang="ja",
    )

    assert [(p["record_no_a"], p["record_no_b"], p["verdict"]) for p in pairs] == [
        ("1", "2", "probable"),
        ("3", "4", "certain"),
    ]
    assert "同じ社名 [青嶺精工]" in pairs[0]["reasons"]
    assert "同じ電話番号 [052-222-3333]" in pairs[1]["reasons"]


def test_people_and_sites_are_units_too(run):
    people, _ = run(unit="person")
    sites, _ = run(unit="site")

    assert [row[1] for row in people[1:]] == ["1", "2", "3", "4", "5", "5"]
    assert len(sites) == 7


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            "Company,Last Name,First Name,Email,Phone,Mobile,Address,Website",
            "company_name family_name given_name email phone mobile address domain",
        ),
        (
            "社名,担当者名,TEL,FAX,住所,法人番号",
            "company_name person company_phone fax address corporate_number",
        ),
        (
            "法人名,フリガナ,氏名,携帯,E-mail,都道府県",
            "company_name company_kana person mobile email prefecture",
        ),
        (
            "氏名,フリガナ,法人名,フリガナ",
            "person person_kana company_name company_kana",
        ),
        ("会社名,旧社名,支店名,電話番号1,電話番号2", "company_name former_name site phone other_phone"),
    ],
)
def test_columns_go_by_many_names(header, fields):
    names = header.split(",")
    found = recognised(names, [[] for _ in names])

    assert [key.replace("company_phone", "phone") for key in found] == fields.replace(
        "company_phone", "phone"
    ).split()


def test_a_reading_beside_the_company_is_of_the_person_where_it_reads_so():
    names = ["法人名", "フリガナ", "氏名"]
    of_people = [["青嶺精工", "松葉商事"], ["タドコロ セイイチ", "ハヤシ　ミオ"], ["田所誠一", "林美緒"]]
    of_firms = [["青嶺精工", "松葉商事"], ["アオミネセイコウ", "マツバ ショウジ"], ["田所誠一", "林美緒"]]

    assert recognised(names, of_people) == ["company_name", "person_kana", "person"]
    assert recognised(names, of_firms) == ["company_name", "company_kana", "person"]


def test_a_list_that_names_nobody_is_refused_with_its_columns(run):
    with pytest.raises(CommandError, match="金額") as refusal:
        run("金額,数量\n100,2\n200,3\n")

    assert refusal.value.returncode == 2


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"none\.csv"):
        call_command("match", tmp_path / "none.csv", out=tmp_path / "out.csv")


def test_the_result_goes_to_the_screen_for_a_dash(tmp_path, capsys):
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")

    call_command("match", tmp_path / "list.csv", out=Path("-"))

    told = capsys.readouterr()
    assert told.out.splitlines()[:3] == ["record_no,cluster_id", "1,1", "2,1"]
    assert "6 records, 3 clusters" in told.err


def test_it_starts_no_database():
    assert not servers.needs_database("match", ["match", "list.csv", "--out", "clusters.csv"])


def test_it_works_where_there_is_no_database_at_all(tmp_path):
    root = Path(__file__).resolve().parents[2]
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}

    done = subprocess.run(
        [sys.executable, "manage.py", "match", tmp_path / "list.csv", "--out", tmp_path / "out.csv", "--pairs", tmp_path / "pairs.csv"],
        cwd=root, env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()[1:4] == ["1,1", "2,1", "3,1"]
