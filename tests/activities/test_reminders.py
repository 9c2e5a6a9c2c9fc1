"""What is due comes by mail in the morning, once; a deal without a word gets one nudge instead."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import Company
from activities import log, reminders, todos
from staff import mails, working_time
from staff.models import CompanyProfile, Event, Mail, Notification, User
from tests.factories import make_deal

pytestmark = pytest.mark.django_db
# A Tuesday, no holiday.
TODAY = date(2026, 7, 14)


def plan(owner, title="見積の到着確認", *, days=0, deal=None):
    return todos.add_todo(title, owner=owner, by=owner, due_on=TODAY + timedelta(days=days), deal=deal)


def known_deal(sato, name="検査ライン更新"):
    deal = make_deal(sato, name=name)
    log.log_activity("call", by=sato, deal=deal, body="見学会の感想を聞いた")
    return deal


def test_what_is_due_and_overdue_comes_in_one_mail_once(sato):
    plan(sato, "予算の確認", days=-1, deal=known_deal(sato))
    plan(sato, "見積の電話")
    plan(sato, "来週の訪問", days=3)

    assert reminders.remind(TODAY) == 1
    reminders.remind(TODAY)
    mails.send_queued()

    (sent,) = mail.outbox
    assert sent.to == ["sato@sakura.example"]
    assert sent.subject == "今日やること 2件 （期限切れ 1件）"
    first, second = sent.body.splitlines()[:2]
    assert "予算の確認" in first
    assert "検査ライン更新" in first
    assert "見積の電話" in second
    assert "来週の訪問" not in sent.body


def test_what_one_may_no_longer_see_stands_in_no_mail(sato, takahashi):
    deal = known_deal(takahashi, name="極秘の設備")
    plan(sato, "極秘の打合せ", deal=deal)
    Company.objects.filter(pk=deal.company_id).update(is_restricted=True)

    assert reminders.remind(TODAY) == 0
    assert not Mail.objects.exists()


def test_everybody_gets_their_own(sato, takahashi):
    plan(sato, "佐藤の電話")
    plan(takahashi, "高橋の電話")

    assert reminders.remind(TODAY) == 2
    bodies = dict(Mail.objects.values_list("to", "body"))
    assert "高橋の電話" not in bodies["sato@sakura.example"]


def test_nobody_is_reminded_on_days_off_when_away_or_unasked(sato, takahashi, tanaka):
    for person in (sato, takahashi, tanaka):
        plan(person, days=-5)
    User.objects.filter(pk=tanaka.pk).update(reminder_mails=False)
    working_time.add_absence(takahashi, TODAY, TODAY, "day", by=takahashi)

    assert reminders.remind(date(2026, 7, 12)) == 0
    assert reminders.remind(date(2026, 7, 20)) == 0  # 海の日
    assert reminders.remind(TODAY) == 1
    assert list(Mail.objects.values_list("to", flat=True)) == ["sato@sakura.example"]


def test_a_deal_without_a_memo_gets_one_nudge_instead(sato):
    deal = make_deal(sato, name="何も書かれていない案件")
    plan(sato, deal=deal, days=-1)

    assert reminders.remind(TODAY) == 0
    assert reminders.remind(TODAY + timedelta(days=1)) == 0
    assert not Mail.objects.exists()
    assert Notification.objects.filter(user=sato, kind=reminders.NUDGED).count() == 1

    log.log_activity("memo", by=sato, deal=deal, body="担当は田所部長")
    assert reminders.remind(TODAY + timedelta(days=2)) == 1


def test_with_the_switch_off_all_deals_are_reminded_of(client, ito, sato):
    plan(sato, deal=make_deal(sato))
    client.force_login(ito)

    client.post(reverse("activities:nudge-switch"), {"on": "0"})

    assert not CompanyProfile.load().nudges_without_memo
    assert Event.objects.filter(kind=reminders.SWITCHED).count() == 1
    assert reminders.remind(TODAY) == 1
    assert not Notification.objects.filter(kind=reminders.NUDGED).exists()


def test_a_long_list_names_twenty_and_counts_the_rest(sato):
    for n in range(23):
        plan(sato, f"電話{n}")

    reminders.remind(TODAY)

    assert Mail.objects.get().body.splitlines()[20] == "ほか 3件"


def test_people_decide_for_themselves(client, sato):
    client.force_login(sato)

    client.post(reverse("staff:preferences"), {"language": "ja", "theme": "", "keys_on": "on"})

    sato.refresh_from_db()
    assert not sato.reminder_mails
