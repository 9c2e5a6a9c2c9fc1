from datetime import datetime, timedelta

from accounts.models import Channel
from crm.lib.workdays import TOKYO
from leads import editing, first_contact, intake
from leads.models import FirstContactRule, Lead
from staff import relay
from staff.models import CompanyProfile, Event, Notification
from tests.factories import make_lead

FRIDAY = datetime(2026, 7, 10, 16, 42, tzinfo=TOKYO)


def receive(by, at=FRIDAY, **values):
    values.setdefault("company_name", "みなと物流株式会社")
    return intake.receive_lead(values, channel=Channel.objects.get(code="referral"), by=by, at=at)


def test_a_lead_of_friday_afternoon_is_due_on_tuesday_at_the_same_hour(sato):
    lead = receive(sato)

    assert lead.first_contact_due_at == datetime(2026, 7, 14, 16, 42, tzinfo=TOKYO)


def test_the_clock_stands_still_over_golden_week(sato):
    lead = receive(sato, at=datetime(2026, 5, 1, 15, 0, tzinfo=TOKYO))

    # 5/2 to 5/6 are a weekend, three holidays and one in lieu.
    assert lead.first_contact_due_at == datetime(2026, 5, 8, 15, 0, tzinfo=TOKYO)


def test_the_clock_stands_still_while_the_company_is_closed(sato):
    CompanyProfile.objects.update(closures=["2026-07-13"])

    assert receive(sato).first_contact_due_at == datetime(2026, 7, 15, 16, 42, tzinfo=TOKYO)


def test_the_first_rule_that_fits_the_channel_counts(sato):
    referral = Channel.objects.get(code="referral")
    FirstContactRule.objects.update(position=1)
    quick = FirstContactRule.objects.create(channel=referral, hours=4, unit="working_hours", position=0)

    lead = receive(sato)

    assert lead.clock_rule == quick
    # 16:42 to 18:00 on Friday, the other 2 h 42 min on Monday from 9:00.
    assert lead.first_contact_due_at == datetime(2026, 7, 13, 11, 42, tzinfo=TOKYO)


def test_without_an_active_rule_no_clock_runs(sato):
    FirstContactRule.objects.update(is_active=False)

    lead = receive(sato)

    assert lead.first_contact_due_at is None
    assert first_contact.timer(lead, FRIDAY, first_contact.Clocks()) is None


def test_the_timer_counts_the_hours_of_the_rule(sato):
    lead = receive(sato)
    clocks = first_contact.Clocks()

    # Over the weekend nothing is lost.
    monday = first_contact.timer(lead, datetime(2026, 7, 13, 4, 42, tzinfo=TOKYO), clocks)
    assert (monday.left, monday.share, monday.is_over) == (timedelta(hours=36), 0.25, False)
    tuesday = first_contact.timer(lead, datetime(2026, 7, 14, 11, 30, tzinfo=TOKYO), clocks)
    assert tuesday.left == timedelta(hours=5, minutes=12)
    late = first_contact.timer(lead, datetime(2026, 7, 14, 17, 42, tzinfo=TOKYO), clocks)
    assert (late.left, late.is_over, late.share) == (-timedelta(hours=1), True, 1.0)


def test_the_first_contact_stops_the_clock_and_a_later_one_changes_nothing(sato):
    lead = receive(sato)
    first = FRIDAY + timedelta(hours=3)

    lead = first_contact.mark_contacted(lead, first, by=sato)
    again = first_contact.mark_contacted(lead, first + timedelta(days=1), by=sato)

    assert (again.state, again.first_contacted_at) == (Lead.State.CONTACTED, first)
    assert first_contact.timer(again, first, first_contact.Clocks()).done_in == timedelta(hours=3)
    assert Event.objects.filter(kind="lead.contacted").count() == 1
    assert not Lead.objects.waiting().exists()


def test_an_earlier_contact_that_is_entered_later_corrects_the_first(sato):
    lead = first_contact.mark_contacted(receive(sato), FRIDAY + timedelta(hours=3), by=sato)

    lead = first_contact.mark_contacted(lead, FRIDAY + timedelta(hours=1), by=sato)

    assert lead.first_contacted_at == FRIDAY + timedelta(hours=1)


def test_owner_and_manager_hear_once_of_a_passed_deadline(sato, watanabe, tanaka, system):
    lead = receive(sato)
    editing.assign(lead, sato, by=watanabe)
    relay.drain()
    Notification.objects.all().delete()
    late = lead.first_contact_due_at + timedelta(minutes=1)

    assert first_contact.raise_alerts(lead.first_contact_due_at - timedelta(minutes=1), by=system) == 0
    assert first_contact.raise_alerts(late, by=system) == 1
    assert first_contact.raise_alerts(late + timedelta(hours=1), by=system) == 0
    relay.drain()
    relay.drain()

    assert {n.user for n in Notification.objects.all()} == {sato, watanabe}
    assert Notification.objects.count() == 2
    assert Event.objects.filter(kind="lead.breached", lead_id=lead.pk).count() == 1


def test_a_lead_that_is_not_worked_on_is_never_late(sato, system):
    editing.nurture(receive(sato), by=sato)

    assert first_contact.raise_alerts(FRIDAY + timedelta(days=30), by=system) == 0


def test_a_changed_rule_moves_the_deadlines_of_those_that_wait(sato, ito):
    waiting, contacted = receive(sato), receive(sato, company_name="葵メディカル株式会社")
    first_contact.mark_contacted(contacted, FRIDAY + timedelta(hours=1), by=sato)
    Lead.objects.update(breach_alerted_at=FRIDAY)

    first_contact.change_rule(
        FirstContactRule.objects.get(), hours=24, unit="calendar", by=ito, now=FRIDAY + timedelta(hours=2)
    )

    waiting.refresh_from_db()
    contacted.refresh_from_db()
    assert waiting.first_contact_due_at == FRIDAY + timedelta(hours=24)
    assert waiting.breach_alerted_at is None
    assert contacted.first_contact_due_at == datetime(2026, 7, 14, 16, 42, tzinfo=TOKYO)
    event = Event.objects.get(kind="clock_rule.changed")
    assert event.before == {"hours": 48, "unit": "business_days"}
    assert event.after == {"hours": 24, "unit": "calendar"}


def test_only_new_leads_wait(sato):
    waiting = make_lead(sato)
    editing.disqualify(make_lead(sato, "日向ケミカル"), "競合の調査", by=sato)

    assert Lead.objects.waiting().get() == waiting
