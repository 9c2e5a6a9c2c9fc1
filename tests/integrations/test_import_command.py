"""`manage.py import_file`: what its exit code says, and what it refuses before anything has come in."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Company
from integrations.models import Import

GOOD = "会社名,代表電話\n東雲フーズ株式会社,03-1357-2468\n"


@pytest.fixture
def given(tmp_path, system):
    """Writes a list and gives its path."""

    def write(text, name="list.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_columns_that_are_not_clear_end_with_5_and_leave_nothing_behind(given, capsys):
    with pytest.raises(CommandError) as refusal:
        call_command("import_file", "companies", given("りんご,みかん\nあ,い\n"))

    report = told(capsys)
    assert refusal.value.returncode == report["exit_code"] == 5
    assert report["problem_code"] == "no_name"
    assert str(refusal.value) == report["problem"] != "no_name"
    assert not Import.objects.exists()


def test_a_file_that_is_no_list_ends_with_4(given, capsys):
    with pytest.raises(CommandError) as refusal:
        call_command("import_file", "companies", given("<html><table></table></html>", "list.xls"))

    assert refusal.value.returncode == told(capsys)["exit_code"] == 4


def test_refused_lines_end_with_3_and_corrected_ones_come_in(given, capsys, tmp_path):
    failed = tmp_path / "failed.csv"
    bad = GOOD.replace("代表電話", "代表電話,メール").replace("2468", "2468,a@@shinonome.example")
    with pytest.raises(SystemExit) as ended:
        call_command("import_file", "companies", given(bad), "--failed", failed, "--language", "en")

    report = told(capsys)
    assert ended.value.code == report["exit_code"] == 3
    assert report["refused_rows"] == [
        {"line": 2, "id": "", "reason": "メール: There are two @. Is this the address?"}
    ]
    failed.write_text(failed.read_text(encoding="utf-8-sig").replace("@@", "@"), encoding="utf-8")
    call_command("import_file", "companies", failed)
    assert told(capsys)["exit_code"] == 0
    assert Company.objects.get().domain == "shinonome.example"


def test_lines_say_what_became_of_them_in_the_language_that_is_asked_for(given, capsys, tmp_path):
    rows = tmp_path / "rows.csv"
    call_command("import_file", "companies", given(GOOD + "合計,1\n"), "--rows", rows, "--language", "en")

    assert "This line is a total, not a record." in rows.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--rows", "/there/is/no/folder/rows.csv"], "no folder"),
        (["--channel", "radio"], "exhibition"),
        (["--by", "nobody@sakura.example"], "nobody"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_list_comes_in(given, options, words):
    with pytest.raises(CommandError, match=words):
        call_command("import_file", "leads", given(GOOD), *options)

    assert not Import.objects.exists()
