import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone, translation

from accounts.models import Channel
from leads import assignment, editing, first_contact, intake
from leads.models import AssignmentRule, Lead
from staff.models import User
from tests.factories import make_company, make_lead, make_team, make_user


@pytest.fixture
def kanto(sato, takahashi):
    rule = AssignmentRule.objects.create(name="関東", prefectures=["東京都", "神奈川県"])
    rule.people.set([sato, takahashi])
    return rule


def receive(by, prefecture="東京都", **values):
    values.setdefault("company_name", "みなと物流株式会社")
    return intake.receive_lead(
        {"prefecture": prefecture, **values}, channel=Channel.objects.get(code="exhibition"), by=by
    )


def test_of_the_people_of_the_rule_the_one_with_the_fewest_open_leads_gets_it(kanto, sato, takahashi, ito):
    for n in range(3):
        make_lead(sato, f"会社{n}")
    make_lead(takahashi, "葵メディカル")

    lead = receive(ito)

    assert (lead.owner, lead.team) == (takahashi, takahashi.team)
    assert lead.assigned_because == {"key": "rule", "rule": "関東", "open_leads": 1}
    with translation.override("ja"):
        assert assignment.reason_text(lead.assigned_because) == "関東・手持ち最少 1件"


def test_what_was_set_aside_or_converted_is_not_in_hand(kanto, sato, takahashi, ito):
    for n in range(3):
        editing.nurture(make_lead(sato, f"会社{n}"), by=sato)
    make_lead(takahashi, "葵メディカル")

    assert receive(ito).owner == sato


def test_among_equals_whoever_has_waited_longest_is_next(kanto, sato, takahashi, ito):
    owners = []
    for _ in range(4):
        lead = receive(ito)
        first_contact.mark_contacted(lead, timezone.now(), by=ito)
        editing.nurture(lead, by=ito)
        owners.append(lead.owner)

    assert owners == [sato, takahashi, sato, takahashi]


def test_the_first_rule_that_fits_decides(kanto, sato, tanaka, ito):
    west = AssignmentRule.objects.create(
        name="関西の製造業", position=1, prefectures=["大阪府"], industries=["製造"]
    )
    west.people.set([tanaka])

    assert receive(ito, "大阪府", industry="金属製造業").owner == tanaka
    assert receive(ito, "大阪府", industry="小売").assigned_because["key"] == "fallback"


def test_a_rule_whose_people_have_left_is_passed_over(kanto, sato, takahashi, watanabe, ito):
    User.objects.filter(pk__in=[sato.pk, takahashi.pk]).update(is_active=False)

    lead = receive(ito)

    assert lead.owner == watanabe
    assert lead.assigned_because == {"key": "fallback", "open_leads": 0}


def test_without_managers_anyone_who_sells_gets_what_no_rule_fits(sato, ito):
    assert receive(ito).owner == sato


def test_nobody_who_sells_is_a_named_refusal(kobayashi):
    with pytest.raises(assignment.NobodySells):
        receive(kobayashi)

    assert not Lead.objects.exists()


def test_a_list_is_spread_like_single_leads(kanto, sato, takahashi, ito):
    make_lead(sato, "葵メディカル")

    leads = intake.receive_many(
        [{"company_name": f"会社{n}", "prefecture": "東京都"} for n in range(5)],
        channel=Channel.objects.get(code="list"),
        by=ito,
    )

    assert [lead.owner for lead in leads] == [takahashi, sato, takahashi, sato, takahashi]
    assert [lead.assigned_because["open_leads"] for lead in leads] == [0, 1, 1, 2, 2]


def arrive_at_once(times):
    """Receives that many leads, each in a thread of its own; all begin before any commits."""
    ready = threading.Barrier(times)
    by = User.objects.get(email="ito@sakura.example")
    failures = []

    def one():
        try:
            with transaction.atomic():
                ready.wait(10)
                receive(by)
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.fixture
def two_people(transactional_db):
    team = make_team("営業一課")
    make_user("ito@sakura.example", team, "admin")
    rule = AssignmentRule.objects.create(name="関東", prefectures=["東京都"])
    people = [make_user("sato@sakura.example", team), make_user("takahashi@sakura.example", team)]
    rule.people.set(people)
    return people


def test_leads_that_arrive_at_once_are_spread_evenly(two_people):
    arrive_at_once(4)

    assert [person.leads.count() for person in two_people] == [2, 2]


def test_without_their_lock_they_would_all_go_to_one_person(two_people, monkeypatch):
    everybody_has_looked = threading.Barrier(4)
    choose = assignment.Desk.choose

    def look_and_wait(desk, *args):
        chosen = choose(desk, *args)
        everybody_has_looked.wait(10)
        return chosen

    monkeypatch.setattr(assignment, "_one_after_the_other", lambda: None)
    monkeypatch.setattr(assignment.Desk, "choose", look_and_wait)
    arrive_at_once(4)

    assert [person.leads.count() for person in two_people] == [4, 0]


def test_a_lead_of_a_restricted_company_goes_to_nobody_who_may_not_see_it(sato, takahashi):
    lead = make_lead(sato, company=make_company(is_restricted=True, owner=sato))

    with pytest.raises(PermissionDenied):
        editing.assign(lead, takahashi, by=sato)

    assert Lead.objects.get(pk=lead.pk).owner == sato
