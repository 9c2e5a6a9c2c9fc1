"""Two people at once. Each race has a twin without its lock, which must show the loss that the lock prevents."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.db import connections
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from accounts import companies, contacts, merging
from accounts.access import NotInUse
from accounts.merging import joining
from accounts.models import Channel, Company, Contact, Merge, Site
from leads import assignment, conversion, intake
from leads.models import AssignmentRule, Lead
from pipeline import deals, moves
from pipeline.models import Deal, StageMove
from staff import once, relay, versions
from tests.factories import make_company, make_deal, make_lead, stage

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "7000012050002"
locks = pytest.mark.parametrize("locked", [True, False], ids=["locked", "twin without its lock"])


def at_once(*doings: Callable[[], Any]) -> list[Any]:
    """Runs each in a thread with a connection of its own; what each returned, or the exception it ended with."""
    results: list[Any] = [None] * len(doings)

    def run(n: int) -> None:
        try:
            results[n] = doings[n]()
        except Exception as refusal:
            results[n] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(doings))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return results


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any, str], None]]:
    """Makes two threads wait for each other in a function, before it does anything.

    Without a lock both get there, having read the same rows; with one the second waits elsewhere, and the first goes on.
    """
    barrier = threading.Barrier(2)

    def meet_in(where: Any, name: str) -> None:
        real = getattr(where, name)

        def wait_then(*args: Any, **kwargs: Any) -> Any:
            with suppress(threading.BrokenBarrierError):
                barrier.wait(1)
            return real(*args, **kwargs)

        monkeypatch.setattr(where, name, wait_then)

    yield meet_in
    barrier.abort()


def take_away_the_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, *args, **kwargs: rows.all())


@locks
def test_two_who_move_a_deal_to_the_same_stage_move_it_once(locked, watanabe, sato, meet, monkeypatch):
    deal = make_deal(sato, "New lead")
    if not locked:
        take_away_the_row_locks(monkeypatch)
    meet(versions, "require")

    def move():
        return moves.move_deal(deal, stage("Discovery"), by=watanabe, seen=deal.version, waiver="入札のため")

    first, second = at_once(move, move)

    assert {type(first), type(second)} == {Deal}
    assert StageMove.objects.filter(deal=deal, to_stage=stage("Discovery")).count() == (1 if locked else 2)


@locks
def test_of_two_who_move_a_deal_apart_one_is_told(locked, watanabe, sato, meet, monkeypatch):
    deal = make_deal(sato, "New lead")
    if not locked:
        take_away_the_row_locks(monkeypatch)
    meet(versions, "require")

    def move(to):
        return moves.move_deal(deal, stage(to), by=watanabe, seen=deal.version, waiver="入札のため")

    results = at_once(lambda: move("Discovery"), lambda: move("Proposal"))

    refusal = next(result for result in results if isinstance(result, Exception))
    # Without the lock both pass the question of the version, and only the trigger of the database is left.
    assert isinstance(refusal, versions.Stale) is locked
    assert StageMove.objects.filter(deal=deal).count() == 2


@locks
def test_two_who_convert_a_lead_get_one_deal(locked, sato, watanabe, meet, monkeypatch):
    lead = make_lead(sato, family_name="成田")
    if not locked:
        take_away_the_row_locks(monkeypatch)
    meet(versions, "require")

    def convert():
        return conversion.convert_lead(lead, by=watanabe, seen=lead.version, deal_name="検査装置")

    first, second = at_once(convert, convert)

    lead.refresh_from_db()
    assert (first == second) is locked
    assert Deal.objects.count() == Company.objects.count() == (1 if locked else 2)
    assert lead.deal in (first, second)


@locks
def test_a_form_sent_twice_at_once_makes_one_deal(locked, sato, meet, monkeypatch):
    company = make_company()
    if not locked:
        monkeypatch.setattr(once, "_claim", lambda key, request: True)
    meet(deals, "create_deal")
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(sato)
    form = {"company": company.pk, "name": "更新", "once": str(uuid.uuid4())}

    answers = at_once(
        *(lambda client=client: client.post(reverse("pipeline:deal-new"), form) for client in clients)
    )

    assert [answer.status_code for answer in answers] == [302, 302]
    assert (answers[0]["Location"] == answers[1]["Location"]) is locked
    assert Deal.objects.count() == (1 if locked else 2)


@locks
def test_a_corporate_number_names_one_company(locked, sato, tanaka, clones, meet):
    if not locked:
        with psycopg.connect(**clones.data.access("enishi_owner", clones.name)) as owner:
            owner.execute("DROP INDEX corporate_number_names_one_company")
    meet(companies.matching, "store_company_keys")

    def create(by):
        return companies.create_company({"name": "青嶺精工", "corporate_number": NUMBER}, by=by)

    results = at_once(lambda: create(sato), lambda: create(tanaka))

    refused = [result for result in results if isinstance(result, companies.NumberTaken)]
    assert len(refused) == (1 if locked else 0)
    assert Company.objects.filter(corporate_number=NUMBER).count() == (1 if locked else 2)


@locks
def test_two_leads_at_once_go_to_two_people(locked, sato, tanaka, ito, meet, monkeypatch):
    rule = AssignmentRule.objects.create(name="関東")
    rule.people.set([sato, tanaka])
    channel = Channel.objects.get(code="web_form")
    if not locked:
        nobody = mock.Mock(cursor=lambda: nullcontext(mock.Mock()))
        monkeypatch.setattr(assignment, "connection", nobody)
    meet(assignment.Desk, "choose")

    def receive(name):
        return intake.receive_lead({"company_name": name}, channel=channel, by=ito)

    at_once(lambda: receive("港南工業"), lambda: receive("みなと物流"))

    owners = set(Lead.objects.values_list("owner", flat=True))
    assert Lead.objects.count() == 2
    assert len(owners) == (2 if locked else 1)


# Merging ------------------------------------------------------------------------------------------


def test_two_who_merge_the_same_pair_merge_it_once(watanabe, ito, sato):
    a, b = make_company("青嶺精工", owner=sato), make_company("㈱青嶺精工", owner=sato)

    results = at_once(
        lambda: merging.merge_companies(a, b, by=watanabe), lambda: merging.merge_companies(b, a, by=ito)
    )

    assert {type(result) for result in results} == {Merge, merging.Absorbed}
    assert Company.objects.active().filter(pk__in=[a.pk, b.pk]).count() == 1


def test_two_who_take_a_merge_back_do_it_once(watanabe, ito, sato):
    a, b = make_company("青嶺精工", owner=sato), make_company("㈱青嶺精工", owner=sato)
    made = merging.merge_companies(a, b, by=watanabe)

    results = at_once(lambda: merging.unmerge(made, by=watanabe), lambda: merging.unmerge(made, by=ito))

    assert {type(result) for result in results} == {Merge, merging.AlreadyUndone}
    assert Company.objects.active().filter(pk__in=[a.pk, b.pk]).count() == 2


def test_an_edit_while_it_is_merged_away_is_kept_or_refused(watanabe, sato):
    a, b = make_company("青嶺精工", owner=sato), make_company("㈱青嶺精工", owner=sato)

    merged, edited = at_once(
        lambda: merging.merge_companies(a, b, by=watanabe),
        lambda: companies.edit_company(b, {"industry": "製造業"}, {}, by=sato),
    )

    a.refresh_from_db()
    assert isinstance(merged, Merge)
    assert a.industry == "製造業" if isinstance(edited, Company) else isinstance(edited, NotInUse)


def test_what_is_written_down_while_its_company_is_merged_away_is_the_winners(watanabe, sato):
    a, b = make_company("青嶺精工", owner=sato), make_company("㈱青嶺精工", owner=sato)

    at_once(
        lambda: merging.merge_companies(a, b, by=watanabe),
        lambda: contacts.create_contact(b, {"name": "森 健"}, by=sato),
        lambda: deals.create_deal(name="増設", company=b, owner=sato, by=sato),
        lambda: companies.add_site(b, "本社", by=sato),
    )
    relay.drain()

    for model in (Contact, Deal, Site):
        assert [row.company_id for row in model.objects.all()] == [a.pk]


def test_a_merge_that_breaks_off_leaves_nothing(watanabe, sato, monkeypatch):
    a, b = make_company("青嶺精工", owner=sato), make_company("㈱青嶺精工", owner=sato)
    make_deal(sato, "New lead", b)
    monkeypatch.setattr(joining, "recompute", mock.Mock(side_effect=RuntimeError("the power is gone")))

    with pytest.raises(RuntimeError):
        merging.merge_companies(a, b, by=watanabe)

    assert not Merge.objects.exists()
    assert Deal.objects.get().company_id == b.pk
    assert Company.objects.active().count() == 2
