"""Minutes answer the questions of the stage, and what was not asked is told to the owner."""

from __future__ import annotations

import pytest
from django.urls import reverse

from activities import log, minutes
from pipeline.models import CriterionAnswer, Deal
from staff import relay
from staff.models import Notification
from tests.factories import criterion, make_deal

pytestmark = pytest.mark.django_db
BODY = "夜勤の話を聞いた。\n■課題：見逃しが月12件\n■意思決定者: 田所部長\n■知らない項目：x\n■"


def test_marked_lines_answer_the_questions_with_the_memo_as_evidence(sato):
    deal = make_deal(sato, "Discovery")

    log.log_activity("meeting", by=sato, deal=deal, body=BODY)

    answers = {a.criterion.code: a.value for a in CriterionAnswer.objects.filter(deal=deal)}
    assert answers == {"issue": "見逃しが月12件", "decision_maker": "田所部長"}
    assert "佐藤" in CriterionAnswer.objects.get(criterion=criterion("issue")).evidence
    deal.refresh_from_db()
    assert (deal.criteria_met, deal.bare_ids) == (2, [])


def test_what_was_answered_before_stays(sato):
    deal = make_deal(sato, "Discovery")
    log.log_activity("memo", by=sato, deal=deal, body="■課題：最初の答え")
    log.log_activity("memo", by=sato, deal=deal, body="■課題：あとの思いつき")

    assert CriterionAnswer.objects.get(deal=deal).value == "最初の答え"


def test_a_memo_without_marks_and_a_closed_deal_answer_nothing(sato):
    log.log_activity("memo", by=sato, deal=make_deal(sato, "Discovery"), body="課題：印がない")
    log.log_activity("memo", by=sato, deal=make_deal(sato, "Won"), body="■課題：もう終わった")

    assert not CriterionAnswer.objects.exists()


def test_the_page_offers_the_open_questions_of_the_stage(client, sato):
    deal = make_deal(sato, "Discovery")
    log.log_activity("memo", by=sato, deal=deal, body="■課題：見逃し")
    client.force_login(sato)

    page = client.get(deal.get_absolute_url()).content.decode()

    assert "■意思決定者" in page
    assert "■課題</button>" not in page
    client.post(
        reverse("activities:compose"), {"deal": deal.pk, "kind": "memo", "body": "■意思決定者：工場長"}
    )
    assert CriterionAnswer.objects.filter(deal=deal).count() == 2


def test_after_a_meeting_the_owner_hears_what_was_not_asked_once(sato, takahashi):
    deal = make_deal(sato, "Discovery")
    log.log_activity("meeting", by=takahashi, deal=deal, body="■課題：見逃し")
    relay.drain()
    relay.drain()

    told = Notification.objects.get(kind=minutes.MISSED)
    assert told.user == sato
    assert told.data["names"] == "意思決定者"


@pytest.mark.parametrize("kind", ["call", "mail", "memo"])
def test_a_call_or_a_memo_complains_of_nothing(sato, kind):
    log.log_activity(kind, by=sato, deal=make_deal(sato, "Discovery"), body="短い用件")
    relay.drain()

    assert not Notification.objects.filter(kind=minutes.MISSED).exists()


def test_when_all_was_asked_nobody_is_told(sato):
    deal = make_deal(sato, "Discovery")
    log.log_activity("visit", by=sato, deal=deal, body="■課題：見逃し\n■意思決定者：田所部長")
    relay.drain()

    assert not Notification.objects.filter(kind=minutes.MISSED).exists()
    assert Deal.objects.get(pk=deal.pk).criteria_met == 2
