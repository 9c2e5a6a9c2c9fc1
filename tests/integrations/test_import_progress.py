"""How far an import is: told from the first moment on, and never more than is true."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.imports import deciding, pages, running, trail, undoing, work
from integrations.models import Import
from staff import relay
from tests.integrations.lists import LIST, checked, run, upload_list

FIVE = "会社名,氏名\n" + "".join(f"試験{n}製作所,試験 {n}郎\n" for n in range(5))


def told(batch):
    batch.refresh_from_db()
    return pages.progress(batch, timezone.now())


def test_undoing_counts_all_that_the_import_wrote_before_it_takes_anything_back(
    client, watanabe, monkeypatch
):
    batch = run(checked(FIVE, watanabe, kind="companies"), watanabe)
    monkeypatch.setattr(trail, "AT_ONCE", 2)
    batch = undoing.begin(batch, by=watanabe, seen=batch.version)

    # Nothing is known yet, so nothing is said: no 0 %.
    assert (told(batch).total, told(batch).percent) == (None, None)
    client.force_login(watanabe)
    page = client.get(reverse("integrations:import-progress", args=[batch.pk])).content.decode()
    assert "0%" not in page
    assert "value=" not in page.split("<progress")[1].split(">")[0]

    work.advance(batch.pk)
    known = told(batch)
    assert (known.done, known.percent) == (0, 0)
    assert known.total >= 10  # five companies and five people at least

    seen = []
    while told(batch).percent is not None and batch.state == Import.State.UNDOING:
        seen.append(told(batch).percent)
        work.advance(batch.pk)
        batch.refresh_from_db()
    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert len(set(seen)) >= 4
    assert batch.state == Import.State.UNDONE


def test_a_file_that_is_being_read_has_no_share_yet(watanabe):
    batch = upload_list(LIST, watanabe)
    Import.objects.update(row_count=4000)

    known = told(batch)

    assert (known.done, known.total, known.percent) == (4000, None, None)


def test_the_time_that_an_import_was_stopped_is_none_that_it_took(watanabe, monkeypatch):
    monkeypatch.setattr(running, "GROUPS_AT_ONCE", 1)
    batch = checked(FIVE, watanabe, kind="companies")
    batch = deciding.confirm(batch, by=watanabe, seen=batch.version)
    work.advance(batch.pk)
    batch = deciding.stop(batch, by=watanabe)
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Import.objects.update(started_at=an_hour_ago - timedelta(seconds=9), finished_at=an_hour_ago)

    batch = deciding.go_on(batch, by=watanabe)
    work.advance(batch.pk)
    assert told(batch).seconds_left <= 20  # nine seconds for two of five lines
    relay.drain()

    batch.refresh_from_db()
    assert batch.state == Import.State.DONE
    assert batch.seconds == pytest.approx(9, abs=3)


def test_touches_that_are_taken_back_are_counted(watanabe, sato):
    run(checked(LIST, watanabe), watanabe)
    touches = "メール,種別,日付\nnarita@minato.example,資料DL,2026/7/8\n"
    batch = run(checked(touches, watanabe, kind="touches"), watanabe)

    batch = undoing.begin(batch, by=watanabe, seen=batch.version)
    relay.drain()
    batch.refresh_from_db()

    assert batch.undone["removed"] == {"touch": 1}
    assert pages.removed(batch) == [("取り消した接点", 1)]
