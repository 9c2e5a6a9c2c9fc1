"""Templates: given out by stage, filled with names, counted by version with the wins and losses of their deals."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from activities import log
from activities.automation import editing as automations
from activities.automation import engine
from activities.models import Activity, AutomationRun, TextTemplate, TextUse, TextVersion
from activities.subjects import Subject
from activities.texts import editing, offering, rates
from pipeline import stalls
from pipeline.models import CriterionAnswer, StallRule
from staff import mails, relay
from staff.models import Event, Mail
from staff.versions import Stale
from tests.factories import make_company, make_contact, make_deal, make_lead, stage

pytestmark = pytest.mark.django_db


def make_text(
    ito, body: str = "{{ contact }}\n「{{ deal }}」の件", kind: str = "mail", **values
) -> TextTemplate:
    values = {"kind": kind, "name": "訪問のお礼", "subject": "{{ company }}へのお礼", "body": body} | values
    return editing.save(values, by=ito)


def test_other_words_make_a_version_and_the_old_one_stays_as_it_was(ito, watanabe):
    text = make_text(ito)
    same = {
        "kind": "mail",
        "name": "お礼",
        "subject": "{{ company }}へのお礼",
        "body": "{{ contact }}\n「{{ deal }}」の件",
    }

    text = editing.save(same, by=ito, template=text, seen=1)
    text = editing.save({**same, "body": "短く", "note": "短くした"}, by=ito, template=text, seen=2)

    assert [(v.number, v.body, v.note) for v in text.versions.order_by("number")] == [
        (1, "{{ contact }}\n「{{ deal }}」の件", ""), (2, "短く", "短くした")
    ]  # fmt: skip
    with pytest.raises(Stale):
        editing.save({**same, "body": "遅れて"}, by=ito, template=text, seen=2)
    with pytest.raises(DatabaseError), transaction.atomic():
        TextVersion.objects.filter(number=1).update(body="書き換え")
    assert Event.objects.filter(kind=editing.TextEvent.CHANGED).count() == 3


def test_a_template_is_offered_at_its_stages_and_those_without_stages_everywhere(ito, sato):
    proposal = make_text(ito, kind="proposal", name="提案", stage_ids=[stage("Proposal").pk])
    everywhere, resting = make_text(ito, name="お礼"), make_text(ito, name="休み")
    editing.switch(resting, False, by=ito)

    def names(subject: Subject) -> list[str]:
        return [version.template.name for version in offering.offered(subject)]

    assert names(Subject("deal", make_deal(sato, "Proposal"))) == [proposal.name, everywhere.name]
    assert names(Subject("deal", make_deal(sato, "Discovery"))) == [everywhere.name]
    assert names(Subject("lead", make_lead(sato))) == [everywhere.name]


def test_names_are_filled_in_once_and_with_respect(ito, sato):
    company = make_company("青嶺精工株式会社")
    deal = make_deal(
        sato,
        "Discovery",
        company,
        contact=make_contact(company, "田所"),
        amount=3_200_000,
        name="{{ owner }}の更新",
    )
    text = make_text(
        ito,
        "{{ contact }} {{ company }} {{ deal }} {{ amount }} {{ owner }}\n{{ questions }}",
        "minutes",
        subject="",
    )

    _subject, body = offering.filled(text.versions.get(), deal, sato, timezone.localdate())

    first, *questions = body.splitlines()
    assert first == "田所様 青嶺精工株式会社 {{ owner }}の更新 ¥3,200,000 佐藤 美咲".replace(
        "佐藤 美咲", sato.full_name
    )
    assert "■課題：" in questions
    assert offering.filled(text.versions.get(), make_lead(sato, family_name=""), sato, timezone.localdate())[
        1
    ].startswith("ご担当者様")


def test_minutes_begun_from_a_template_answer_its_questions_and_are_counted(client, ito, sato):
    deal = make_deal(sato, "Discovery")
    text = make_text(ito, "{{ questions }}", "minutes", subject="", stage_ids=[deal.stage_id])
    version = text.versions.get()
    client.force_login(sato)

    offered = client.get(
        reverse("activities:offered-texts"), {"deal": deal.pk}, headers={"HX-Request": "true"}
    )
    begun = client.post(
        reverse("activities:compose-from"), {"deal": deal.pk, "begin": version.pk, "body": "雨だった"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert "訪問のお礼" in offered.content.decode()
    body = begun.context["form"]["body"].value()
    assert body.startswith("雨だった\n\n■")
    assert begun.context["form"]["kind"].value() == "meeting"

    kept = client.post(
        reverse("activities:compose"),
        {
            "deal": deal.pk,
            "kind": "meeting",
            "text": version.pk,
            "body": body.replace("■課題：", "■課題：見逃し"),
        },
        follow=True,
    )

    assert "埋まった項目：課題" in kept.content.decode()
    assert CriterionAnswer.objects.get(deal=deal).value == "見逃し"
    assert TextUse.objects.get(version=version).activity.deal == deal


def test_win_rates_count_deals_once_a_version_and_only_those_the_reader_sees(ito, sato, tanaka):
    version = make_text(ito).versions.get()
    won = [make_deal(sato, "Won") for _n in range(7)]
    lost, still_open = [make_deal(sato, "Lost") for _n in range(4)], make_deal(sato, "Proposal")
    of_others = make_deal(tanaka, "Won")
    for deal in [*won, *lost, still_open, of_others, won[0]]:
        log.log_activity("mail", by=deal.owner, deal=deal, text=version)

    mine = rates.by_version(sato)[version.pk]
    assert (mine.uses, mine.deals, mine.tally.won, mine.tally.lost) == (13, 12, 7, 4)
    assert mine.tally.is_enough
    assert mine.tally.percent == 64
    everyone = rates.by_version(ito)[version.pk]
    assert (everyone.uses, everyone.tally.won) == (14, 8)


def test_the_comparison_of_won_and_lost_shows_each_version_and_leads_to_its_deals(client, ito, sato):
    text = make_text(ito)
    old = text.versions.get()
    text = editing.save(
        {"kind": "mail", "name": text.name, "subject": "", "body": "短く"}, by=ito, template=text, seen=1
    )
    new = text.versions.get(number=2)
    deals = [make_deal(sato, "Won" if n < 8 else "Lost") for n in range(11)]
    for deal in [*deals, deals[0]]:
        log.log_activity("mail", by=sato, deal=deal, text=old)
    log.log_activity("mail", by=sato, deal=deals[0], text=new)
    make_deal(sato, "Lost")
    client.force_login(sato)

    page = client.get(reverse("pipeline:outcomes"))
    [shown] = [d for d in page.context["compared"].dimensions if d.key == "text"]

    assert [(line.label, line.now.won, line.now.lost, line.now.is_enough) for line in shown.lines] == [
        ("訪問のお礼 v1", 8, 3, True), ("ひな型なし", 0, 1, False), ("訪問のお礼 v2", 1, 0, False)
    ]  # fmt: skip
    listed = client.get(reverse("pipeline:list"), {"closed": "lost", "text": old.pk})
    assert {deal.pk for deal in listed.context["page"].rows} == {deal.pk for deal in deals[8:]}
    assert "訪問のお礼 v1" in listed.content.decode()


def test_few_decided_deals_give_no_rate(client, ito, sato):
    text = make_text(ito)
    log.log_activity("mail", by=sato, deal=make_deal(sato, "Won"), text=text.versions.get())
    client.force_login(sato)

    page = client.get(text.get_absolute_url()).content.decode()

    assert "決着1件のうち受注1件（率は10件から）" in page
    assert "100%" not in page


def test_only_administrators_write_templates_and_unknown_names_are_refused(client, ito, watanabe):
    sent = {"kind": "mail", "name": "お礼", "subject": "お礼", "body": "{{ customer }}"}
    client.force_login(watanabe)
    assert client.post(reverse("activities:text-new"), sent).status_code == 403
    client.force_login(ito)
    assert client.post(reverse("activities:text-new"), sent).status_code == 422
    assert (
        client.post(reverse("activities:text-new"), {**sent, "subject": " ", "body": "x"}).status_code == 422
    )
    assert not TextTemplate.objects.exists()
    assert client.post(reverse("activities:text-new"), {**sent, "body": "{{ company }}"}).status_code == 302


# Mail by an automation -----------------------------------------------------------------------------------


def mailing(ito, text: TextTemplate):
    values = {"trigger": "won", "stage": None, "field": "", "offset_days": 0, "conditions": []}
    return automations.save({**values, "actions": [{"kind": "mail", "template": str(text.pk)}]}, by=ito)


def won_event(deal, sato) -> Event:
    from pipeline.deal_events import DealEvent
    from staff import events

    with transaction.atomic():
        return events.record(DealEvent.WON, deal, by=sato)


def test_an_automation_mails_the_customer_once_and_answers_go_to_the_owner(ito, sato):
    company = make_company("青嶺精工株式会社")
    deal = make_deal(
        sato, "Won", company, contact=make_contact(company, "田所", email="tadokoro@aomine.example")
    )
    mailing(ito, make_text(ito))
    event = won_event(deal, sato)

    engine.react(event)
    engine.react(event)
    mails.send_queued()

    [sent] = mail.outbox
    assert (sent.to, sent.reply_to, sent.subject) == (
        ["tadokoro@aomine.example"],
        [sato.email],
        "青嶺精工株式会社へのお礼",
    )
    assert sent.body == f"田所様\n「{deal.name}」の件"
    written = Activity.objects.get(deal=deal)
    assert (written.kind, written.reached, written.by.is_system) == ("mail", False, True)
    assert written.text_use.version.number == 1


def test_without_an_address_the_run_says_so_and_nothing_is_written(ito, sato):
    deal = make_deal(sato, "Won")
    mailing(ito, make_text(ito))

    engine.react(won_event(deal, sato))

    assert [(run.state, run.note) for run in AutomationRun.objects.all()] == [
        ("refused", "メールアドレスがありません。")
    ]
    assert not Mail.objects.exists()
    assert not Activity.objects.exists()


def test_a_mail_by_the_system_neither_stops_the_first_contact_clock_nor_starts_the_silence(ito, sato):
    lead = make_lead(
        sato, email="mori@konan.example", first_contact_due_at=timezone.now() + timedelta(hours=3)
    )
    text = make_text(ito)
    values = {"trigger": "clock_near", "stage": None, "field": "", "offset_days": 0, "conditions": []}
    automation = automations.save({**values, "actions": [{"kind": "mail", "template": str(text.pk)}]}, by=ito)

    engine.run(automation, engine.Occurrence("event 1", lead, type(sato).objects.system()))
    relay.drain()

    lead.refresh_from_db()
    assert lead.first_contacted_at is None
    assert Mail.objects.get().to == "mori@konan.example"
    deal = make_deal(sato, "Proposal")
    StallRule.objects.filter(stage=deal.stage_id).update(is_active=False)
    assert "mail" not in deal.last_done
    assert stalls.due_on(deal) is not None
