"""What 今日 counts for a rep, against the same counted in plain Python."""

import random
from dataclasses import replace
from datetime import timedelta

from activities.models import CONTACT_KINDS, Activity, Todo
from crm.lib.questions import ask
from dashboards.figures import periods, today
from staff.readers import Reader
from tests.dashboards.world import TODAY, day_of, log, moment
from tests.factories import make_deal, make_lead

NOW = moment(TODAY, 9)


def test_the_own_efforts_are_counted_week_by_week(sato, takahashi):
    dice = random.Random(4)
    deals, leads = [make_deal(sato) for _n in range(3)], [make_lead(sato) for _n in range(5)]
    for _n in range(120):
        day = TODAY + timedelta(days=dice.randint(-60, 6))
        about = {"deal": dice.choice(deals)} if dice.random() < 0.4 else {"lead": dice.choice(leads)}
        at = moment(day, dice.randint(0, 23))
        log(dice.choice([sato, sato, takahashi]), dice.choice(["call", "mail", "proposal", "memo"]), day,
            reached=dice.random() < 0.7, at=at, **about)  # fmt: skip
    for record in [*deals, *leads]:
        first = dice.choice(list(record.activities.all()))
        record.first_contacted_at = first.at
        record.save(update_fields=["first_contacted_at"])

    def is_first(activity):
        record = activity.deal or activity.lead
        return (
            activity.reached and activity.kind in CONTACT_KINDS and activity.at == record.first_contacted_at
        )

    tests = {
        "calls": lambda a: a.kind == "call",
        "first_contacts": is_first,
        "proposals": lambda a: a.kind == "proposal",
    }
    mine = Activity.objects.filter(by=sato).select_related("deal", "lead")

    for effort in ask(today.own_efforts(sato, TODAY)):
        weeks = [periods.week_of(TODAY - timedelta(weeks=n)) for n in (5, 4, 3, 2, 1, 0)]
        assert effort.weeks == [
            sum(tests[effort.key](a) for a in mine if day_of(a.at) in week) for week in weeks
        ]


def test_waiting_leads_come_by_the_nearest_deadline_and_are_all_counted(sato, takahashi):
    for hours in range(9):
        make_lead(sato, f"会社{hours}", first_contact_due_at=NOW + timedelta(hours=20 - hours))
    make_lead(sato, "済", first_contacted_at=NOW)
    make_lead(takahashi, "人の", first_contact_due_at=NOW)

    found = today.with_clocks(ask(today.waiting_leads(sato)), sato, NOW)

    assert found.count == 9
    assert [row.lead.company_name for row in found.nearest] == ["会社8", "会社7", "会社6", "会社5", "会社4"]
    assert found.nearest[0].timer.left == timedelta(hours=12)


def test_nobody_waits_when_there_are_no_leads(sato):
    assert today.with_clocks(ask(today.waiting_leads(sato)), sato, NOW) == today.WaitingLeads(0, [])


def test_follow_ups_are_those_due_until_sunday(sato, takahashi):
    def todo(owner, days, **fields):
        return Todo.objects.create(
            title="電話",
            owner=owner,
            team=owner.team,
            due_on=TODAY + timedelta(days=days),
            created_by=owner,
            **fields,
        )

    late, now, sunday = todo(sato, -3), todo(sato, 0), todo(sato, 5)
    todo(sato, 6), todo(takahashi, 0), todo(sato, 0, done_at=NOW, done_by=sato)

    assert ask(today.follow_up_counts(sato, TODAY)) == today.FollowUps(overdue=1, today=1, week=1)
    assert today.follow_ups(replace(Reader.of(sato), day=TODAY), "due") == [late, now, sunday]
