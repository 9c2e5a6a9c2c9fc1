"""What breaks on the way: workers that die, people who act at once, lines that the rules refuse, files that mean harm."""

import io
import threading
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse

from accounts.models import Company
from crm.lib import tables
from integrations.imports import checking, deciding, report, run_companies, running, work
from integrations.models import Import
from leads.models import Lead
from staff import relay
from staff.models import Delivery, Event
from tests.factories import make_company
from tests.integrations.lists import HEADER, LIST, checked, read, run, upload_list, workbook

COMPANIES = "会社名,代表電話\n" + "".join(f"試験{n}製作所,03-1234-{n:04}\n" for n in range(25))


class Killed(BaseException):
    """Stands for kill -9: nothing catches it, the transaction is gone."""


@pytest.mark.django_db
def test_a_worker_killed_in_the_middle_of_a_slice_loses_and_doubles_nothing(watanabe, monkeypatch):
    monkeypatch.setattr(running, "GROUPS_AT_ONCE", 10)
    batch = checked(COMPANIES, watanabe, kind="companies")
    batch = deciding.confirm(batch, by=watanabe, seen=batch.version)
    work.advance(batch.pk)
    assert Company.objects.count() == 10

    def dies(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(run_companies, "_bring_in_people", dies)
        with pytest.raises(Killed):
            work.advance(batch.pk)
    assert Company.objects.count() == 10
    assert batch.rows.exclude(outcome="").count() == 10

    relay.drain()
    batch.refresh_from_db()
    assert (batch.state, Company.objects.count()) == ("done", 25)
    assert sorted(Company.objects.values_list("name", flat=True)) == sorted(
        f"試験{n}製作所" for n in range(25)
    )


@pytest.mark.django_db
def test_the_same_word_twice_to_the_workers_does_the_work_once(watanabe):
    batch = checked(COMPANIES, watanabe, kind="companies")
    deciding.confirm(batch, by=watanabe, seen=batch.version)
    event = Event.objects.get(kind="import.confirmed")

    relay.drain()
    work.carry_on(event)
    relay.drain()

    assert Company.objects.count() == 25
    assert Event.objects.filter(kind="company.created").count() == 25


@pytest.mark.django_db
def test_without_workers_the_page_says_that_it_waits(client, watanabe, monkeypatch):
    from datetime import timedelta

    from django.utils import timezone

    batch = upload_list(LIST, watanabe)
    Import.objects.update(moved_at=timezone.now() - timedelta(minutes=3))
    client.force_login(watanabe)

    page = client.get(batch.get_absolute_url()).content.decode()

    assert "順番を待っています" in page
    assert Delivery.objects.filter(done_at=None).count() == 1
    relay.drain()
    batch.refresh_from_db()
    assert batch.state == "mapping"


@pytest.mark.django_db(transaction=True)
def test_two_people_who_confirm_at_once_start_it_once(watanabe, ito):
    batch = checked(LIST, watanabe)
    gate, outcomes = threading.Barrier(2), []

    def confirm(person):
        try:
            gate.wait(5)
            outcomes.append(deciding.confirm(batch, by=person, seen=batch.version).state)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=[person]) for person in (watanabe, ito)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == ["running", "running"]
    assert Event.objects.filter(kind="import.confirmed").count() == 1
    relay.drain()
    assert Lead.objects.count() == 2


@pytest.mark.django_db
def test_two_lists_that_were_checked_side_by_side_double_nothing(watanabe):
    one = checked(COMPANIES, watanabe, kind="companies")
    other = checked(COMPANIES, watanabe, kind="companies", name="other.csv")

    run(one, watanabe)
    run(other, watanabe)

    assert Company.objects.count() == 25


@pytest.mark.django_db
def test_what_came_in_since_the_check_is_counted_only_when_ids_were_given_to_others(
    watanabe, django_assert_num_queries
):
    highest = make_company(name="先の製作所").pk
    with django_assert_num_queries(1):
        assert not checking.others_came(highest, made_here=0)

    make_company(name="次の製作所")
    with django_assert_num_queries(1):
        assert not checking.others_came(highest, made_here=1)
    assert checking.others_came(highest, made_here=0)

    with pytest.raises(Killed), transaction.atomic():
        make_company(name="消えた製作所")
        raise Killed
    with django_assert_num_queries(2):  # an id is gone, so it counts: nobody came
        assert not checking.others_came(highest, made_here=1)


@pytest.mark.django_db
def test_a_line_that_the_rules_refuse_is_refused_alone(watanabe, monkeypatch):
    from django.core.exceptions import ValidationError

    from accounts import companies

    real = companies.create_many

    def picky(rows, **facts):
        if any(row["name"] == "試験7製作所" for row in rows):
            raise ValidationError({"name": "Not this one."})
        return real(rows, **facts)

    batch = checked(COMPANIES, watanabe, kind="companies")
    monkeypatch.setattr(companies, "create_many", picky)
    batch = run(batch, watanabe)

    assert Company.objects.count() == 24
    refused = batch.rows.get(outcome="refused")
    assert (refused.raw[0], refused.reason) == ("試験7製作所", "Not this one.")
    assert batch.counts["made"] == {"companies": 24, "created": 24, "refused": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["csv", "cp932", "xlsx"])
def test_lines_that_did_not_come_in_are_corrected_in_the_file_and_sent_again(watanabe, sato, tmp_path, form):
    batch = run(checked(LIST.replace("城北メタルズ", "=cmd|calc"), watanabe), watanabe)
    path = tmp_path / f"again.{'xlsx' if form == 'xlsx' else 'csv'}"
    path.write_bytes(b"".join(report.write(batch, form)))

    table = tables.open_table(path, path.name)
    assert table.columns[-2:] == ["元の行 (line)", "入らなかった理由 (reason)"]
    lines = [cells for _line, cells in table.rows()]
    assert [str(cells[-2]) for cells in lines] == ["4", "5", "7"]
    assert "@" in str(lines[0][-1])
    if form != "xlsx":
        assert str(lines[1][0]).startswith("'=")

    text = ",".join(table.columns) + "\n"
    lines[0][4], lines[1][0], lines[1][6] = "miwa@maruya.example", "城北メタルズ", "7/9"
    for cells in lines[:2]:
        text += ",".join("" if cell is None else str(cell).replace(",", "、") for cell in cells) + "\n"
    again = checked(text, watanabe)

    assert [c["field"] for c in again.columns][-2:] == ["", ""]
    assert again.counts["bad"] == 0
    run(again, watanabe)
    assert Lead.objects.filter(email__in=["miwa@maruya.example", "ono@johoku.example"]).count() == 2


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 << 20))
    return file.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "empty.csv", "empty"),
        (zip_bomb(), "bomb.xlsx", "too_much_inside"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "list.xls", "html"),
        (b"PK\x03\x04 nothing", "broken.xlsx", "broken"),
        (
            HEADER.encode() + "東雲フーズ\n".encode() + "東雲フーズ,髙橋\n".encode("cp932") * 3,
            "mixed.csv",
            "mixed_encodings",
        ),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "photo.csv", "not_a_table"),
        (HEADER.encode() + b"a," * 5000 + b"\n", "wide.csv", "too_many_columns"),
    ],
    ids=["empty", "bomb", "html", "broken", "mixed", "picture", "wide"],
)
def test_a_file_that_means_harm_is_refused_with_what_to_do(client, watanabe, content, name, code):
    batch = read(content, watanabe, name=name)

    assert (batch.state, batch.problem["code"], batch.rows.count()) == ("failed", code, 0)
    client.force_login(watanabe)
    page = client.get(batch.get_absolute_url()).content.decode()
    assert 'role="alert"' in page
    assert not Lead.objects.exists()


@pytest.mark.django_db
def test_a_file_over_the_limit_is_refused_at_the_door(client, watanabe, settings):
    settings.UPLOAD_LIMIT_BYTES = 1 << 20
    client.force_login(watanabe)
    file = SimpleUploadedFile("big.csv", b"x" * ((1 << 20) + 1))

    answer = client.post(reverse("integrations:import-new"), {"file": file, "kind": "leads"})

    assert answer.status_code == 422
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_nul_scripts_and_formulas_in_cells_stay_text(client, watanabe, sato):
    batch = checked(
        workbook(["会社名", "氏名", "備考"], ["<script>alert(1)</script>商事", "成田 翔", "=1+1"]),
        watanabe,
        name="x.xlsx",
    )
    client.force_login(watanabe)

    page = client.get(batch.get_absolute_url()).content.decode()

    assert "<script>alert" not in page
    assert [problem["code"] for problem in batch.rows.get().problems] == ["formula"]
