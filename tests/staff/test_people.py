import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activities import todos
from activities.models import Todo
from leads.models import Lead
from pipeline.models import Deal
from staff import people, teams
from staff.models import Event, Team, User
from tests.factories import make_deal, make_lead, make_team, make_user

MORI = {
    "email": "Mori@Sakura.example",
    "family_name": "森",
    "given_name": "葵",
    "role": "rep",
    "language": "ja",
}


def test_a_new_person_signs_in_with_the_start_password(ito, team_one):
    person, password = people.create_person({**MORI, "team": team_one}, by=ito)

    assert (person.email, person.team) == ("mori@sakura.example", team_one)
    assert len(password) == 19
    answer = Client().post(reverse("account_login"), {"login": person.email, "password": password})
    assert answer.status_code == 302
    event = Event.objects.get(kind="user.created")
    assert (event.actor_id, event.subject_id, event.after["team"]) == (ito.pk, person.pk, "営業一課")
    assert password not in str(event.after) + str(event.data)


def test_another_team_takes_everything_the_person_owns_along(sato, tanaka, team_two, watanabe, ito):
    deal, won = make_deal(sato), make_deal(sato, "Won")
    lead = make_lead(sato)
    todo = todos.add_todo("電話", owner=sato, by=sato, due_on=timezone.localdate(), deal=deal)
    assert not Deal.objects.visible_to(tanaka).exists()

    people.edit_person(sato, {"team": team_two}, by=ito)

    assert set(Deal.objects.visible_to(tanaka)) == {deal, won}
    assert Lead.objects.visible_to(tanaka).get() == lead
    assert Todo.objects.get(pk=todo.pk).team == team_two
    event = Event.objects.get(kind="user.edited")
    assert (event.before, event.after) == ({"team": "営業一課"}, {"team": "営業二課"})


def test_what_others_own_stays_when_somebody_changes_team(sato, takahashi, team_one, team_two, ito):
    deal = make_deal(takahashi)

    people.edit_person(sato, {"team": team_two}, by=ito)

    deal.refresh_from_db()
    assert deal.team == team_one


@pytest.mark.parametrize("change", ["demote", "deactivate"])
def test_the_last_administrator_stays_one(ito, change):
    with pytest.raises(people.LastAdministrator):
        if change == "demote":
            people.edit_person(ito, {"role": "manager"}, by=ito)
        else:
            people.deactivate_person(ito, by=ito)

    ito.refresh_from_db()
    assert (ito.role, ito.is_active) == ("admin", True)
    assert not Event.objects.exists()


def test_with_another_administrator_one_may_stop(ito):
    make_user("mori@sakura.example", ito.team, "admin")

    people.edit_person(ito, {"role": "manager"}, by=ito)

    assert User.objects.get(pk=ito.pk).role == "manager"


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_demote_each_other_one_stays(ito):
    mori = make_user("mori@sakura.example", ito.team, "admin")
    refused = []

    def demote(person: User, by: User) -> None:
        try:
            people.edit_person(person, {"role": "rep"}, by=by)
        except people.LastAdministrator as refusal:
            refused.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((ito, mori), (mori, ito))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(refused) == 1
    assert User.objects.filter(role="admin", is_system=False).count() == 1


def test_who_is_locked_out_is_out_at_once_and_keeps_their_records(sato, ito):
    deal = make_deal(sato)
    signed_in = Client()
    signed_in.post(reverse("account_login"), {"login": sato.email, "password": "open sesame 1"})
    assert signed_in.get("/staff/preferences/").status_code == 200

    people.deactivate_person(sato, by=ito)

    assert signed_in.get("/staff/preferences/").status_code == 302
    again = Client().post(reverse("account_login"), {"login": sato.email, "password": "open sesame 1"})
    assert "_auth_user_id" not in again.wsgi_request.session
    deal.refresh_from_db()
    assert deal.owner == sato
    people.reactivate_person(sato, by=ito)
    assert signed_in.get("/staff/preferences/").status_code == 302, "the old session is gone for good"
    assert [e.kind for e in Event.objects.filter(subject_type="user").order_by("pk")] == [
        "user.signed_in", "user.deactivated", "user.reactivated",
    ]  # fmt: skip


def test_a_new_start_password_replaces_the_lost_one(sato, ito):
    password = people.renew_password(sato, by=ito)

    sato.refresh_from_db()
    assert sato.check_password(password)
    assert not sato.check_password("open sesame 1")


# Teams --------------------------------------------------------------------------------------------


def test_a_moved_team_takes_its_subtree_along(sales, team_one, watanabe, sato, ito):
    below = make_team("新規開拓班", team_one)
    top = Team.objects.get(parent=None)
    deal = make_deal(sato)
    west = make_team("西日本", top)

    teams.move_team(team_one, west, by=ito)

    paths = dict(Team.objects.values_list("pk", "path"))
    assert paths[team_one.pk] == f"{west.path}{team_one.pk}/"
    assert paths[below.pk] == f"{west.path}{team_one.pk}/{below.pk}/"
    assert paths[sales.pk] == sales.path
    assert deal not in Deal.objects.visible_to(User.objects.get(pk=watanabe.pk))
    event = Event.objects.get(kind="team.moved")
    assert (event.before, event.after) == ({"parent": "営業部"}, {"parent": "西日本"})


def test_a_team_cannot_stand_below_itself(sales, team_one, ito):
    for child, parent in ((sales, team_one), (sales, sales), (Team.objects.get(parent=None), sales)):
        with pytest.raises(teams.BelowItself):
            teams.move_team(child, parent, by=ito)

    assert dict(Team.objects.values_list("pk", "path"))[sales.pk] == sales.path
    assert not Event.objects.exists()


def test_a_team_in_use_stays_and_an_unused_one_goes(sales, team_one, sato, ito):
    for used in (sales, team_one, Team.objects.get(parent=None)):
        with pytest.raises(teams.InUse):
            teams.remove_team(used, by=ito)
    empty = make_team("準備室", sales)

    teams.remove_team(empty, by=ito)

    assert not Team.objects.filter(pk=empty.pk).exists()
    assert [e.kind for e in Event.objects.all()] == ["team.removed"]


# On screen ------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client, ito):
    client.force_login(ito)
    return client


def test_an_administrator_adds_a_person_and_sees_the_password_once(admin, team_one):
    answer = admin.post(reverse("staff:person-new"), {**MORI, "team": team_one.pk})

    person = User.objects.get(email="mori@sakura.example")
    password = answer.context["password"]
    assert person.check_password(password)
    assert password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert password not in admin.get(reverse("staff:people")).content.decode()


def test_an_address_that_is_taken_is_refused(admin, sato, team_one):
    answer = admin.post(
        reverse("staff:person-new"), {**MORI, "email": "SATO@sakura.example", "team": team_one.pk}
    )

    assert answer.status_code == 422
    assert User.objects.filter(email__iexact="sato@sakura.example").count() == 1


def test_the_refusal_of_the_last_administrator_names_the_reason(admin, ito):
    page = admin.post(reverse("staff:person-activity", args=[ito.pk]), {"active": "0"})

    assert page.status_code == 409
    assert "最後の管理者です" in page.content.decode()


def test_a_team_is_renamed_and_moved_on_one_page(admin, sales, team_one):
    top = Team.objects.get(parent=None)

    admin.post(reverse("staff:team", args=[team_one.pk]), {"name": "東日本課", "parent": top.pk})

    team_one.refresh_from_db()
    assert (team_one.name, team_one.parent, team_one.path) == ("東日本課", top, f"{top.path}{team_one.pk}/")


def test_nobody_else_administers(client, watanabe, sato):
    for person in (sato, watanabe):
        client.force_login(person)
        assert client.get(reverse("staff:people")).status_code == 403
        assert (
            client.post(reverse("staff:person-activity", args=[sato.pk]), {"active": "0"}).status_code == 403
        )
    sato.refresh_from_db()
    assert sato.is_active


# The first one --------------------------------------------------------------------------------------


def test_the_first_administrator_comes_from_the_command_line(db, capsys):
    call_command("first_admin", "Owner@example.com")

    email, password = capsys.readouterr().out.split()
    person = User.objects.get(email="owner@example.com")
    assert (email, person.role, person.check_password(password)) == ("owner@example.com", "admin", True)


def test_where_somebody_can_sign_in_the_command_line_makes_nobody(sato):
    with pytest.raises(CommandError, match="already"):
        call_command("first_admin", "owner@example.com")

    assert not User.objects.filter(email="owner@example.com").exists()


def test_the_tree_of_teams_has_one_top(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        Team.objects.create(name="もう一つの全社")
