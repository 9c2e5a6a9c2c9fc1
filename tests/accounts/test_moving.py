"""People move and leave: history stays, open deals are marked, a successor is proposed."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts import companies, contacts, moving, places, positions
from accounts.models import Position, Site
from pipeline import people
from pipeline.models import Deal
from staff import relay
from staff.models import Event, Notification
from staff.versions import Stale
from tests.factories import make_company, make_deal

TODAY = timezone.localdate()


@pytest.fixture
def aomine(sato):
    return make_company("青嶺精工株式会社", owner=sato)


@pytest.fixture
def factory(aomine, sato) -> Site:
    return companies.add_site(aomine, "第二工場", by=sato)


@pytest.fixture
def tadokoro(aomine, factory, sato):
    values = {"name": "田所 誠一", "site": factory, "title": "製造部長", "decision_role": "decides"}
    return contacts.create_contact(aomine, values, by=sato)


def spans(contact) -> list[tuple]:
    return [
        (p.company.name, str(p.site or ""), p.title, p.from_on, p.until_on) for p in contact.positions.all()
    ]


def test_a_new_person_has_a_position_since_a_day_nobody_knows(tadokoro):
    assert spans(tadokoro) == [("青嶺精工株式会社", "第二工場", "製造部長", None, None)]


def test_a_correction_makes_no_history(tadokoro, sato):
    contacts.edit_contact(tadokoro, {"title": "工場長"}, {"title": "製造部長"}, by=sato)

    assert spans(tadokoro) == [("青嶺精工株式会社", "第二工場", "工場長", None, None)]


def test_a_move_within_the_company_keeps_where_the_person_was(tadokoro, aomine, factory, sato):
    suwa = companies.add_site(aomine, "諏訪事業所", by=sato)

    moved = moving.move(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, site=suwa, title="事業所長")

    assert (moved.site, moved.title, moved.since_on) == (suwa, "事業所長", TODAY)
    assert spans(moved) == [
        ("青嶺精工株式会社", "諏訪事業所", "事業所長", TODAY, None),
        ("青嶺精工株式会社", "第二工場", "製造部長", None, TODAY),
    ]
    [event] = Event.objects.filter(kind="contact.moved")
    assert event.company_id == aomine.pk


def test_a_person_at_another_company_is_one_person_with_two_positions(tadokoro, aomine, sato):
    hikari = make_company("株式会社ひかり電装")

    moved = moving.move(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, company=hikari, title="顧問")

    assert (moved.pk, moved.company) == (tadokoro.pk, hikari)
    assert [span[0] for span in spans(moved)] == ["株式会社ひかり電装", "青嶺精工株式会社"]
    told = {e.kind: e for e in Event.objects.filter(subject_type="contact").exclude(kind="contact.created")}
    assert {kind: e.company_id for kind, e in told.items()} == {
        "contact.left": aomine.pk,
        "contact.joined": hikari.pk,
    }
    # The company that loses the person is not told where they went: not everybody sees both.
    assert "ひかり" not in str(told["contact.left"].data) + str(told["contact.left"].after)


def test_a_move_to_come_takes_effect_on_its_day(tadokoro, aomine, factory, sato, system):
    suwa = companies.add_site(aomine, "諏訪事業所", by=sato)
    day = TODAY + timedelta(days=10)
    moving.move(tadokoro, by=sato, on=day, seen=tadokoro.version, site=suwa, title="事業所長")
    tadokoro.refresh_from_db()
    assert (tadokoro.site, tadokoro.title) == (factory, "製造部長")

    assert moving.take_effect(day - timedelta(days=1), by=system) == 0
    assert moving.take_effect(day, by=system) == 1
    assert moving.take_effect(day, by=system) == 0

    tadokoro.refresh_from_db()
    assert (tadokoro.site, tadokoro.title, tadokoro.since_on) == (suwa, "事業所長", day)


def test_a_planned_move_can_be_taken_back(tadokoro, sato):
    day = TODAY + timedelta(days=10)
    moved = moving.move(tadokoro, by=sato, on=day, seen=tadokoro.version, title="顧問")

    moving.stay(moved, by=sato, seen=moved.version)

    assert spans(tadokoro) == [("青嶺精工株式会社", "第二工場", "製造部長", None, None)]


def test_of_two_who_move_a_person_the_second_looks_again(tadokoro, sato, takahashi):
    moving.move(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, title="顧問")

    with pytest.raises(Stale):
        moving.leave(tadokoro, by=takahashi, on=TODAY, seen=tadokoro.version)

    tadokoro.refresh_from_db()
    assert (tadokoro.title, tadokoro.left_on) == ("顧問", None)


def test_nobody_moves_before_they_came(tadokoro, sato):
    moved = moving.move(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, title="顧問")

    with pytest.raises(ValidationError) as refusal:
        moving.move(moved, by=sato, on=TODAY - timedelta(days=1), seen=moved.version, title="部長")

    assert "on" in refusal.value.message_dict
    assert Position.objects.filter(contact=moved).count() == 2


def test_a_place_of_another_company_is_refused(tadokoro, sato):
    elsewhere = companies.add_site(make_company("株式会社ひかり電装"), "川口工場", by=sato)

    with pytest.raises(ValidationError):
        moving.move(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, site=elsewhere)

    tadokoro.refresh_from_db()
    assert tadokoro.site.name == "第二工場"


# What it means for deals --------------------------------------------------------------------------


def test_who_leaves_marks_the_open_deals_and_tells_their_owner(tadokoro, aomine, factory, sato):
    kobayashi = contacts.create_contact(aomine, {"name": "小林 直樹", "site": factory}, by=sato)
    contacts.create_contact(aomine, {"name": "三浦 恵"}, by=sato)
    open_deal = make_deal(sato, "Discovery", aomine, contact=tadokoro, site=factory)
    won = make_deal(sato, "Won", aomine, contact=tadokoro, site=factory, name="前の案件")

    moving.leave(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, successor=kobayashi)
    relay.drain()
    relay.drain()

    gap = people.gap(Deal.objects.select_related("contact").get(pk=open_deal.pk), TODAY)
    assert gap is not None
    assert (gap.contact, gap.heirs[0]) == (tadokoro, kobayashi)
    assert people.gap(Deal.objects.select_related("contact").get(pk=won.pk), TODAY) is None
    assert [n.user for n in Notification.objects.all()] == [sato]
    assert Event.objects.filter(kind="deal.contact_left", deal_id=open_deal.pk).count() == 1
    assert Deal.objects.get(pk=won.pk).site == factory


def test_who_moves_to_another_site_marks_the_deals_of_the_old_one(tadokoro, aomine, factory, sato):
    suwa = companies.add_site(aomine, "諏訪事業所", by=sato)
    here = make_deal(sato, "Discovery", aomine, contact=tadokoro, site=factory)
    anywhere = make_deal(sato, "Discovery", aomine, contact=tadokoro)

    moving.move(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, site=suwa)

    marked = {d.pk: people.is_gone(d, TODAY) for d in Deal.objects.select_related("contact")}
    assert marked == {here.pk: True, anywhere.pk: False}
    assert Deal.objects.get(pk=here.pk).site == factory


def test_the_likeliest_successor_works_at_the_same_place(tadokoro, aomine, factory, sato):
    far = contacts.create_contact(aomine, {"name": "三浦 恵", "title": "製造部長"}, by=sato)
    near = contacts.create_contact(aomine, {"name": "小林 直樹", "site": factory}, by=sato)

    assert positions.successors(tadokoro, TODAY) == [near, far]


# 兼務 -----------------------------------------------------------------------------------------------


def test_a_person_may_hold_a_second_position_and_stays_where_they_are(tadokoro, aomine, sato):
    hikari = make_company("株式会社ひかり電装")
    held = moving.take_on(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, company=hikari, title="取締役")

    tadokoro.refresh_from_db()
    assert (tadokoro.company, tadokoro.title) == (aomine, "製造部長")
    assert positions.holding(tadokoro).title == "製造部長"
    assert set(spans(tadokoro)) == {
        ("青嶺精工株式会社", "第二工場", "製造部長", None, None),
        ("株式会社ひかり電装", "", "取締役", TODAY, None),
    }
    event = Event.objects.get(kind="contact.took_on")
    assert (event.company_id, event.after["work"]) == (hikari.pk, "取締役")

    moving.give_up(held, by=sato, on=TODAY, seen=tadokoro.version)
    held.refresh_from_db()
    assert held.until_on == TODAY


def test_what_somebody_holds_already_is_no_additional_position(tadokoro, factory, sato):
    with pytest.raises(ValidationError):
        moving.take_on(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, site=factory, title="製造部長")

    assert not Position.objects.filter(is_additional=True).exists()


def test_a_correction_and_a_move_leave_the_second_position_alone(tadokoro, aomine, sato):
    held = moving.take_on(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, title="品質委員長")
    tadokoro.refresh_from_db()
    tadokoro = contacts.edit_contact(tadokoro, {"title": "工場長"}, {"title": "製造部長"}, by=sato)
    moving.move(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, title="事業所長")

    held.refresh_from_db()
    assert (held.title, held.until_on) == ("品質委員長", None)


def test_who_leaves_the_company_gives_up_what_they_held_there_besides(tadokoro, sato):
    hikari = make_company("株式会社ひかり電装")
    here = moving.take_on(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, title="品質委員長")
    there = moving.take_on(
        tadokoro, by=sato, on=TODAY, seen=tadokoro.version + 1, company=hikari, title="監査役"
    )

    moving.leave(tadokoro, by=sato, on=TODAY + timedelta(days=10), seen=tadokoro.version + 2)

    here.refresh_from_db()
    there.refresh_from_db()
    assert (here.until_on, there.until_on) == (TODAY + timedelta(days=10), None)


def test_a_second_position_is_added_and_ended_on_screen_and_seen_in_both_trees(
    client, tadokoro, aomine, sato
):
    hikari = make_company("株式会社ひかり電装")
    client.force_login(sato)
    sent = {"seen": tadokoro.version, "on": f"{TODAY:%Y/%m/%d}", "company": hikari.name, "title": "取締役"}

    response = client.post(reverse("accounts:contact-position", args=[tadokoro.pk]), sent)

    assert response.status_code == 302
    assert "田所 誠一" in client.get(hikari.get_absolute_url()).content.decode()
    held = Position.objects.get(is_additional=True)
    page = client.get(tadokoro.get_absolute_url()).content.decode()
    end_url = reverse("accounts:contact-position-end", args=[tadokoro.pk, held.pk])
    assert "取締役" in page
    assert end_url in page
    client.post(end_url)
    held.refresh_from_db()
    assert held.until_on == TODAY


# On screen ----------------------------------------------------------------------------------------


def test_a_person_is_moved_on_screen(client, tadokoro, aomine, sato):
    companies.add_site(aomine, "諏訪事業所", by=sato)
    client.force_login(sato)
    sent = {"seen": tadokoro.version, "on": f"{TODAY:%Y/%m/%d}", "site": "諏訪事業所", "title": "事業所長"}

    response = client.post(reverse("accounts:contact-move", args=[tadokoro.pk]), sent)

    assert response.status_code == 302
    page = client.get(tadokoro.get_absolute_url()).content.decode()
    assert "諏訪事業所" in page
    assert "第二工場" in page


def test_a_position_at_a_company_that_is_hidden_is_not_shown(client, tadokoro, aomine, sato, tanaka):
    hikari = make_company("株式会社ひかり電装")
    moving.move(tadokoro, by=sato, on=TODAY, seen=tadokoro.version, company=hikari)
    companies.restrict(aomine, [], [], by=sato)
    client.force_login(tanaka)

    page = client.get(tadokoro.get_absolute_url())

    assert page.status_code == 200
    assert "青嶺" not in page.content.decode()


def test_executives_move_nobody(client, tadokoro, kobayashi):
    client.force_login(kobayashi)

    assert client.post(reverse("accounts:contact-leave", args=[tadokoro.pk]), {}).status_code == 403
    tadokoro.refresh_from_db()
    assert tadokoro.left_on is None


# Sites --------------------------------------------------------------------------------------------


def test_a_site_that_moves_is_known_by_its_old_name_and_place(factory, sato):
    moved = places.edit_site(
        factory, {"name": "松本工場", "address": "長野県松本市1-2"}, by=sato, seen=1, since=date(2026, 4, 1)
    )

    [past] = moved.past.all()
    assert (past.name, past.until_on, moved.name, moved.city) == (
        "第二工場",
        date(2026, 4, 1),
        "松本工場",
        "松本市",
    )
    assert "第二工場" in Site.objects.get(pk=factory.pk).search_text


def test_a_slip_in_the_name_of_a_site_is_corrected_without_history(factory, sato):
    assert not places.edit_site(factory, {"name": "第二 工場"}, by=sato, seen=1).past.exists()


def test_a_site_goes_on_with_another_company_and_old_deals_stay(factory, aomine, tadokoro, sato):
    hikari = make_company("株式会社ひかり電装")
    deal = make_deal(sato, "Won", aomine, site=factory, contact=tadokoro)

    there = places.hand_site_over(factory, hikari, on=TODAY, by=sato, seen=factory.version)

    factory.refresh_from_db()
    tadokoro.refresh_from_db()
    assert (there.company, factory.closed_on, factory.continued_as) == (hikari, TODAY, there)
    assert (tadokoro.company, tadokoro.site) == (hikari, there)
    assert Deal.objects.get(pk=deal.pk).site == factory


def test_two_sites_of_one_name_are_refused(aomine, factory, sato):
    other = companies.add_site(aomine, "諏訪事業所", by=sato)

    with pytest.raises(ValidationError):
        places.edit_site(other, {"name": "第二工場"}, by=sato, seen=1)

    assert Site.objects.get(pk=other.pk).name == "諏訪事業所"


def test_people_of_a_site_go_with_it_into_another_division(factory, aomine, tadokoro, sato):
    parts = companies.add_division(aomine, "電子部品事業部", by=sato)

    places.edit_site(factory, {}, by=sato, seen=1, division=parts)

    tadokoro.refresh_from_db()
    assert tadokoro.division == parts
    assert tadokoro.positions.get().division == parts
