"""Whoever lets a deal pass is counted, with the criteria and the reason."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from pipeline import moves, waivers
from tests.factories import criterion, make_deal, stage

pytestmark = pytest.mark.django_db


def waive(deal, by):
    return moves.move_deal(deal, stage("First contact"), by=by, seen=deal.version, waiver="入札のため")


def test_waivers_are_counted_by_person_and_criterion(sato, watanabe, ito):
    waive(make_deal(sato), watanabe)
    waive(make_deal(sato), watanabe)
    waive(make_deal(sato), ito)

    found = waivers.read(watanabe, timezone.now())

    assert found.count == 3
    assert [(line.who, line.count) for line in found.by_person] == [(watanabe, 2), (ito, 1)]
    assert {line.criterion: line.count for line in found.by_criterion} == {
        criterion("contact"): 3, criterion("topic"): 3,
    }  # fmt: skip
    assert [w.move.waiver for w in found.newest] == ["入札のため"] * 3


def test_a_manager_sees_the_waivers_of_what_they_see(sato, ito, tanaka, client, watanabe, team_two):
    waive(make_deal(tanaka, name="二課の案件"), ito)
    watanabe.team = sato.team
    watanabe.save()
    client.force_login(watanabe)

    assert waivers.read(watanabe, timezone.now()).count == 0
    assert "二課の案件" not in client.get(reverse("pipeline:waivers")).content.decode()


def test_the_page_names_deal_criteria_and_reason(client, sato, watanabe):
    waive(make_deal(sato, name="急ぎの案件"), watanabe)
    client.force_login(watanabe)

    page = client.get(reverse("pipeline:waivers")).content.decode()

    assert "急ぎの案件" in page
    assert "入札のため" in page
    assert "相談内容" in page


def test_those_who_sell_alone_do_not_see_the_page(client, sato):
    client.force_login(sato)

    assert client.get(reverse("pipeline:waivers")).status_code == 403
