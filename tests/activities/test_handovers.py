"""Accounts go to a colleague: with what is open, and with a page of what has to be known; nothing private is lost."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from accounts import companies, files
from accounts.models import Company
from activities import handing_back, handing_on, handovers, log, todos
from activities.models import Handover, Todo
from leads.models import Lead
from pipeline import moves
from pipeline.models import Deal
from staff import events, relay
from staff.models import Event, Notification
from tests.factories import make_company, make_contact, make_deal, make_lead, stage

TODAY = timezone.localdate()


@pytest.fixture
def aomine(sato):
    return make_company("青嶺精工株式会社", owner=sato)


def test_open_things_of_the_owner_go_along_and_those_of_others_stay(aomine, sato, takahashi, tanaka):
    deal = make_deal(sato, "Discovery", aomine)
    won = make_deal(sato, "Won", aomine, name="前の案件")
    other = make_deal(tanaka, "Discovery", aomine, name="二課の案件")
    lead = make_lead(sato, company=aomine)
    promised = todos.add_todo("見積を送る", owner=sato, by=sato, due_on=TODAY, deal=deal)
    asked = todos.add_todo("工場を見る", owner=sato, by=sato, due_on=TODAY, company=aomine)
    theirs = todos.add_todo("電話", owner=tanaka, by=tanaka, due_on=TODAY, deal=other)

    [handover] = handovers.hand_over([aomine], takahashi, by=sato, note="購買は三浦様")
    relay.drain()

    assert Company.objects.get(pk=aomine.pk).owner == takahashi
    owners = dict(Deal.objects.values_list("pk", "owner"))
    assert owners == {deal.pk: takahashi.pk, won.pk: sato.pk, other.pk: tanaka.pk}
    assert Lead.objects.get(pk=lead.pk).owner == takahashi
    assert dict(Todo.objects.values_list("pk", "owner")) == {
        promised.pk: takahashi.pk, asked.pk: takahashi.pk, theirs.pk: tanaka.pk,
    }  # fmt: skip
    assert (handover.giver, handover.taker, handover.note) == (sato, takahashi, "購買は三浦様")
    assert {n.user for n in Notification.objects.filter(kind="handover")} == {sato, takahashi}
    assert Event.objects.filter(kind="company.handed_over", company_id=aomine.pk).count() == 1


def test_the_new_owner_reads_one_timeline_and_one_page(client, aomine, sato, takahashi):
    person = make_contact(aomine, "三浦", "恵", decision_role="buys")
    deal = make_deal(sato, "Discovery", aomine, name="検査ライン更新")
    log.log_activity("call", by=sato, company=aomine, contact=person, body="予算は上期の補正で検討とのこと")
    todos.add_todo("見積を送る", owner=sato, by=sato, due_on=TODAY, deal=deal)
    files.attach(aomine, None, "minutes", by=sato, name="初回の議事録", link="https://x.example/")
    [handover] = handovers.hand_over([aomine], takahashi, by=sato)
    client.force_login(takahashi)

    page = client.get(handover.get_absolute_url()).content.decode()

    for told in ("見積を送る", "検査ライン更新", "三浦", "予算は上期の補正", "初回の議事録"):
        assert told in page
    [sheet] = handovers.sheets(handovers.handed(handover, takahashi), takahashi, timezone.now())
    assert sheet.deals[0].missing
    bodies = [e.data.get("body") for e in events.timeline(takahashi, company=aomine.pk)]
    assert "予算は上期の補正で検討とのこと" in bodies


def test_a_restricted_company_is_handed_over_with_its_deals(aomine, sato, tanaka):
    deal = make_deal(sato, "Discovery", aomine)
    companies.restrict(aomine, [], [], by=sato)

    [handover] = handovers.hand_over([aomine], tanaka, by=sato)

    assert Company.objects.visible_to(tanaka).filter(pk=aomine.pk).exists()
    assert Deal.objects.visible_to(tanaka).filter(pk=deal.pk).exists()
    # Who gave it away does not see it any more, on this page neither.
    assert handovers.sheets(handovers.handed(handover, sato), sato, timezone.now()) == []


def test_nobody_hands_over_what_is_not_theirs(aomine, sato, tanaka):
    with pytest.raises(PermissionDenied):
        handovers.hand_over([aomine], tanaka, by=tanaka)

    assert Company.objects.get(pk=aomine.pk).owner == sato
    assert not Handover.objects.exists()


def test_many_are_handed_over_on_screen_by_the_manager(client, aomine, sato, takahashi, watanabe):
    hikari = make_company("株式会社ひかり電装", owner=sato)
    client.force_login(watanabe)
    url = reverse("activities:handover-new")

    assert "ひかり電装" in client.get(url, {"owner": sato.pk}).content.decode()
    sent = {"owner": sato.pk, "companies": [aomine.pk, hikari.pk], "taker": takahashi.pk}
    response = client.post(url, sent)

    assert response.status_code == 302
    assert set(Company.objects.values_list("owner", flat=True)) == {takahashi.pk}
    assert client.post(url, sent).status_code == 422


def test_all_accounts_of_somebody_are_chosen_at_once(client, aomine, sato, watanabe):
    second = make_company(owner=sato)

    client.force_login(watanabe)
    page = client.get(reverse("activities:handover-new"), {"owner": sato.pk, "all": "1"})

    assert (page.context["total"], page.context["everything"]) == (2, True)
    assert set(page.context["page"].rows) == {aomine, second}


def test_a_colleague_without_part_in_it_does_not_read_it(client, aomine, sato, takahashi, tanaka):
    [handover] = handovers.hand_over([aomine], takahashi, by=sato)
    client.force_login(tanaka)

    assert client.get(handover.get_absolute_url()).status_code == 404


def test_who_gives_to_another_team_reads_that_its_deals_are_not_shown(client, aomine, sato, tanaka, watanabe):
    [made] = handovers.hand_over([aomine], tanaka, by=sato)
    note = "営業二課だけが見られるものは、ここには出ません"

    for person, is_told in ((sato, True), (tanaka, False), (watanabe, False)):
        client.force_login(person)
        assert (note in client.get(made.get_absolute_url()).text) is is_told


def test_the_page_costs_no_more_for_more_accounts(sato, takahashi, django_assert_max_num_queries):
    made = []
    for n in range(10):
        company = make_company(f"青嶺{n}株式会社", owner=sato)
        deal = make_deal(sato, "Discovery", company)
        log.log_activity("call", by=sato, deal=deal, body="話した")
        made.append(company)
    [handover] = handovers.hand_over(made, takahashi, by=sato)

    with django_assert_max_num_queries(14):
        assert len(handovers.sheets(handovers.handed(handover, takahashi), takahashi, timezone.now())) == 10


def test_a_handover_is_taken_back_with_what_went_along_and_is_still_there(
    client, aomine, sato, takahashi, watanabe
):
    deal = make_deal(sato, "Discovery", aomine)
    lead = make_lead(sato, company=aomine)
    promised = todos.add_todo("見積を送る", owner=sato, by=sato, due_on=TODAY, deal=deal)
    [handover] = handovers.hand_over([aomine], takahashi, by=sato)
    new = make_deal(takahashi, "Discovery", aomine, name="引き継ぎ後の案件")
    client.force_login(watanabe)
    assert (
        reverse("activities:handover-undoing", args=[handover.pk])
        in client.get(handover.get_absolute_url()).content.decode()
    )

    response = client.post(reverse("activities:handover-undoing", args=[handover.pk]))

    assert response.status_code == 302
    assert Company.objects.get(pk=aomine.pk).owner == sato
    assert dict(Deal.objects.values_list("pk", "owner")) == {deal.pk: sato.pk, new.pk: takahashi.pk}
    assert Lead.objects.get(pk=lead.pk).owner == sato
    assert Todo.objects.get(pk=promised.pk).owner == sato
    assert Event.objects.filter(kind="company.handed_back", company_id=aomine.pk).count() == 1
    with pytest.raises(handing_back.NotUndoable):
        handing_back.take_back(handover, by=watanabe)


def test_what_was_changed_since_stays_and_is_named_and_all_others_are_as_they_were(
    client, aomine, sato, takahashi, tanaka, watanabe
):
    hikari, kept = (
        make_company("株式会社ひかり電装", owner=sato),
        make_company("みなと物流株式会社", owner=sato),
    )
    deal, won = (
        make_deal(sato, "Discovery", hikari),
        make_deal(sato, "Discovery", hikari, name="受注した案件"),
    )
    gone_on = make_deal(sato, "Discovery", kept, name="三課へ")
    their_own = todos.add_todo("確認", owner=takahashi, by=takahashi, due_on=TODAY, deal=deal)
    before = list(Deal.objects.filter(pk=deal.pk).values("owner", "team", "stage", "amount"))
    everything = list(Company.objects.all())

    [handover] = handovers.hand_over(everything, takahashi, by=watanabe)
    relay.drain()
    handovers.hand_over([Company.objects.get(pk=kept.pk)], tanaka, by=watanabe)
    moves.move_deal(won, stage("Won"), by=watanabe, seen=won.version + 1, waiver="口頭で受注")
    client.force_login(watanabe)
    client.post(reverse("activities:handover-undoing", args=[handover.pk]))
    relay.drain()

    assert dict(Company.objects.values_list("pk", "owner")) == {
        aomine.pk: sato.pk, hikari.pk: sato.pk, kept.pk: tanaka.pk,
    }  # fmt: skip
    owners = dict(Deal.objects.values_list("pk", "owner"))
    assert owners == {deal.pk: sato.pk, won.pk: takahashi.pk, gone_on.pk: tanaka.pk}
    assert list(Deal.objects.filter(pk=deal.pk).values("owner", "team", "stage", "amount")) == before
    # Hers before the handover, hers after it.
    assert Todo.objects.get(pk=their_own.pk).owner == takahashi
    named = {row.record: row.owner for row in handing_back.kept(handover, watanabe)}
    assert named == {kept: tanaka, won: takahashi, gone_on: tanaka}
    page = client.get(handover.get_absolute_url()).content.decode()
    assert "みなと物流" in page
    assert reverse("activities:handover-undoing", args=[handover.pk]) not in page


def test_whoever_handed_over_takes_it_back_on_the_first_day_and_a_colleague_never(
    aomine, sato, takahashi, tanaka
):
    early = timezone.now() - timedelta(days=2)
    [old] = handovers.hand_over([aomine], takahashi, by=sato, at=early)
    second = make_company("株式会社ひかり電装", owner=sato)
    deal = make_deal(sato, "Discovery", second)
    [new] = handovers.hand_over([second], takahashi, by=sato)

    for person, handover in ((tanaka, old), (tanaka, new), (sato, old)):
        with pytest.raises(PermissionDenied):
            handing_back.take_back(handover, by=person)
    assert set(Company.objects.values_list("owner", flat=True)) == {takahashi.pk}
    handing_back.take_back(new, by=sato)

    assert dict(Company.objects.values_list("pk", "owner")) == {aomine.pk: takahashi.pk, second.pk: sato.pk}
    assert Deal.objects.get(pk=deal.pk).owner == sato
    assert {n.user for n in Notification.objects.filter(topic=f"handover {new.pk} back")} == {sato, takahashi}


def test_nothing_goes_back_to_somebody_who_has_left(aomine, sato, takahashi, watanabe):
    [handover] = handovers.hand_over([aomine], takahashi, by=sato)
    type(sato).objects.filter(pk=sato.pk).update(is_active=False)

    with pytest.raises(handing_back.NotUndoable, match="佐藤|Sato"):
        handing_back.take_back(handover, by=watanabe)
    assert Company.objects.get(pk=aomine.pk).owner == takahashi


# More than a page can wait for -------------------------------------------------------------------------


@pytest.fixture
def many(sato, monkeypatch):
    """Seven accounts where two go at once."""
    monkeypatch.setattr(handovers, "AT_ONCE", 2)
    monkeypatch.setattr(handing_on, "AT_ONCE", 2)
    return [make_company(f"青嶺{n}製作所株式会社", owner=sato) for n in range(7)]


def begun(client, many, sato, taker, by, **more):
    client.force_login(by)
    sent = {"owner": sato.pk, "everything": "1", "taker": taker.pk, **more}
    response = client.post(reverse("activities:handover-new"), sent)
    assert response.status_code == 302
    return Handover.objects.order_by("-pk")[0]


def test_all_accounts_go_by_workers_and_come_back_in_one_step(client, many, sato, takahashi, watanabe):
    deal = make_deal(sato, "Discovery", many[5])
    handover = begun(client, many, sato, takahashi, watanabe, note="年度替わり")

    assert not Company.objects.filter(owner=takahashi).exists()
    page = client.get(handover.get_absolute_url()).content.decode()
    assert '<progress class="bar bar--lg mt3" max="7" value="0"' in page
    relay.drain()

    assert set(Company.objects.values_list("owner", flat=True)) == {takahashi.pk}
    assert Deal.objects.get(pk=deal.pk).owner == takahashi
    assert handing_on.progress(handover) == handing_on.Progress(7, 7, False)
    assert {n.user for n in Notification.objects.filter(topic=f"handover {handover.pk}")} == {sato, takahashi}
    asked = client.get(handover.get_absolute_url(), {"working": "1"}, headers={"HX-Request": "true"})
    assert asked.headers["HX-Redirect"] == handover.get_absolute_url()

    undo = reverse("activities:handover-undoing", args=[handover.pk])
    assert undo in client.get(handover.get_absolute_url()).content.decode()
    client.post(undo)
    assert handing_on.progress(handover) == handing_on.Progress(0, 7, True)
    client.post(undo)
    relay.drain()

    assert set(Company.objects.values_list("owner", flat=True)) == {sato.pk}
    assert Deal.objects.get(pk=deal.pk).owner == sato
    assert Event.objects.filter(kind="company.handed_back").count() == 7
    assert Event.objects.filter(kind="handover.undo_asked").count() == 1
    assert undo not in client.get(handover.get_absolute_url()).content.decode()


def test_taken_back_while_it_goes_on_no_further_account_goes(client, many, sato, takahashi, watanabe):
    handover = begun(client, many, sato, takahashi, watanabe)
    first = Event.objects.get(kind="handover.begun")
    handing_on.carry_on(first)
    assert Company.objects.filter(owner=takahashi).count() == 2

    handing_on.take_back(handover, by=watanabe)
    relay.drain()

    assert set(Company.objects.values_list("owner", flat=True)) == {sato.pk}
    assert handover.companies.count() == 2
    assert not Notification.objects.filter(topic=f"handover {handover.pk}").exists()
    assert Notification.objects.filter(topic=f"handover {handover.pk} back").count() == 2


def test_what_somebody_else_took_meanwhile_stays_with_them_and_is_named(
    client, many, sato, takahashi, tanaka, watanabe
):
    handover = begun(client, many, sato, takahashi, watanabe)
    handovers.hand_over([many[3]], tanaka, by=watanabe)
    relay.drain()

    assert Company.objects.get(pk=many[3].pk).owner == tanaka
    assert Company.objects.filter(owner=takahashi).count() == 6
    assert [company.pk for company in handing_on.left(handover, watanabe)] == [many[3].pk]
    assert many[3].name in client.get(handover.get_absolute_url()).content.decode()


def test_the_accounts_are_searched_paged_and_picked_over_pages(
    client, many, sato, takahashi, watanabe, monkeypatch
):
    other = make_company("東雲フーズ株式会社", owner=sato)
    client.force_login(watanabe)
    url = reverse("activities:handover-new")
    found = client.get(url, {"owner": sato.pk, "q": "青嶺", "companies": [other.pk, "x"]})
    assert (found.context["total"], found.context["elsewhere"]) == (7, [other.pk])
    monkeypatch.setattr("crm.lib.keyset.SIZE", 3)

    # All that match the words, and nothing else.
    handover = begun(client, many, sato, takahashi, watanabe, q="青嶺")
    relay.drain()

    assert handover.companies.count() == 7
    assert Company.objects.get(pk=other.pk).owner == sato


def test_accounts_of_somebody_who_has_left_can_still_be_handed_over(
    client, aomine, sato, takahashi, watanabe
):
    type(sato).objects.filter(pk=sato.pk).update(is_active=False)
    client.force_login(watanabe)
    url = reverse("activities:handover-new")

    page = client.get(url, {"owner": sato.pk})
    assert sato in page.context["owners"]
    assert (
        client.post(url, {"owner": sato.pk, "companies": [aomine.pk], "taker": takahashi.pk}).status_code
        == 302
    )
    assert Company.objects.get(pk=aomine.pk).owner == takahashi


def test_accounts_that_are_not_the_persons_own_are_not_offered_and_not_taken(
    client, many, aomine, sato, tanaka
):
    client.force_login(tanaka)
    url = reverse("activities:handover-new")

    assert client.get(url, {"owner": sato.pk}).context["total"] == 0
    for sent in ({"everything": "1"}, {"companies": [aomine.pk]}):
        assert client.post(url, {"owner": sato.pk, "taker": tanaka.pk, **sent}).status_code == 422
    assert not Handover.objects.exists()
