"""A memo says what comes next, and when."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from activities import drafting
from activities.models import Activity, Todo
from crm.lib.workdays import Calendar
from tests.factories import make_deal

MONDAY = date(2026, 7, 13)


@pytest.mark.parametrize(
    ("memo", "title", "kind", "day"),
    [
        ("先方は前向き。来週火曜に見積を送る。", "見積を送る", "mail", date(2026, 7, 21)),
        ("7/28に現場を訪問", "現場を訪問", "visit", date(2026, 7, 28)),
        ("宿題：３営業日以内に資料を送付する", "資料を送付する", "mail", date(2026, 7, 16)),
        ("予算は確認済み\n来月末までに提案書を出す", "提案書を出す", "proposal", date(2026, 8, 31)),
        ("明日もう一度電話", "もう一度電話", "call", date(2026, 7, 14)),
        ("金曜日に打ち合わせ", "打ち合わせ", "meeting", date(2026, 7, 17)),
        ("15日に決裁者へ連絡", "決裁者へ連絡", "call", date(2026, 7, 15)),
        ("10日に連絡する", "連絡する", "call", date(2026, 8, 10)),
        ("先方から今週中に返事が来る、確認", "先方から返事が来る、確認", "call", date(2026, 7, 17)),
        ("They liked it. Send the quote next week", "Send the quote", "mail", None),
        ("資料を送る予定", "資料を送る予定", "mail", date(2026, 7, 16)),
        ("■次回：来週の水曜、工場見学", "工場見学", "visit", date(2026, 7, 22)),
    ],
)
def test_what_is_to_be_done_is_drafted_with_its_kind_and_day(memo, title, kind, day):
    found = drafting.draft(memo, MONDAY, Calendar())

    assert found is not None
    assert (found.title, found.kind) == (title, kind)
    # 20 July 2026 is 海の日: next week begins on Tuesday.
    assert found.on == (day or date(2026, 7, 21))


@pytest.mark.parametrize(
    "memo",
    [
        "",
        "とても喜んでいた",
        "資料を送った",
        "去年の7/1に導入した",
        "見逃しが月12件",
        "担当は3人",
        "2026/1/5に訪問した",
    ],
)
def test_a_memo_of_what_was_done_drafts_nothing(memo):
    assert drafting.draft(memo, MONDAY, Calendar()) is None


@pytest.mark.django_db
def test_the_quick_log_proposes_it_while_one_writes_and_writes_nothing(client, sato):
    deal = make_deal(sato, "Discovery")
    client.force_login(sato)

    answer = client.post(
        reverse("activities:draft"),
        {"deal": deal.pk, "body": "明日もう一度電話する"},
        headers={"HX-Request": "true"},
    ).content.decode()

    assert "もう一度電話する" in answer
    assert "log-next-kind-call" in answer
    assert not Todo.objects.exists()
    assert not Activity.objects.exists()


@pytest.mark.django_db
def test_a_kept_memo_comes_back_as_a_filled_form_of_the_next_action(client, sato, tanaka):
    deal = make_deal(sato, "Discovery")
    client.force_login(sato)

    page = client.post(
        reverse("activities:compose"),
        {"deal": deal.pk, "kind": "memo", "body": "明日、見積を送る"},
        follow=True,
    )

    assert "見積を送る" in page.content.decode()
    assert page.redirect_chain[0][0].startswith(f"{deal.get_absolute_url()}?draft=")
    assert not Todo.objects.exists()
    kept = Activity.objects.get()
    other = make_deal(sato, "Proposal")
    foreign = client.get(other.get_absolute_url(), {"draft": kept.pk}).content.decode()
    assert "見積を送る" not in foreign
