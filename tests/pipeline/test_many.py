"""Many deals changed at once: each by its own rules, refusals told by deal, all taken back; and views that are kept."""

import pytest
from django.urls import reverse
from django.utils import timezone

from pipeline import deals, exit_criteria
from pipeline.models import BulkEdit, Deal, SavedView
from tests.factories import criterion, make_deal, stage

BULK = "pipeline:bulk"


def picked(*made):
    return [f"{deal.pk}-{Deal.objects.get(pk=deal.pk).version}" for deal in made]


def test_the_owner_of_many_is_changed_and_taken_back(client, sato, takahashi, watanabe):
    made = [make_deal(sato, name=f"案件{n}") for n in range(3)]
    client.force_login(watanabe)
    sent = {"action": "owner", "deal": picked(*made), "owner": takahashi.pk}

    assert client.get(reverse(BULK), {"action": "owner", "deal": picked(*made)}).status_code == 200
    assert client.post(reverse(BULK), sent).status_code == 302

    assert {d.owner for d in Deal.objects.all()} == {takahashi}
    undo = reverse("pipeline:bulk-undo", args=[BulkEdit.objects.get().pk])
    assert client.post(undo).status_code == 302
    assert {d.owner for d in Deal.objects.all()} == {sato}
    client.post(undo)
    assert {d.owner for d in Deal.objects.all()} == {sato}


def test_who_is_refused_stays_and_is_named_with_the_reason(client, sato, tanaka, watanabe):
    free, held = make_deal(sato, name="進める"), make_deal(sato, name="足りない")
    exit_criteria.answer(free, criterion("topic"), "検査", by=sato)
    Deal.objects.filter(pk=free.pk).update(contact=None)
    criterion("contact").delete()
    client.force_login(sato)

    sent = {"action": "stage", "deal": picked(free, held), "stage": stage("First contact").pk}
    page = client.post(reverse(BULK), sent)

    assert page.status_code == 200
    assert "足りない" in page.content.decode()
    assert "相談内容" in page.content.decode()
    assert {d.name: d.stage.name_en for d in Deal.objects.all()} == {
        "進める": "First contact",
        "足りない": "New lead",
    }


def test_a_deal_that_somebody_changed_meanwhile_stays(client, sato):
    deal = make_deal(sato)
    day = timezone.localdate().replace(year=2027)
    seen = picked(deal)
    deals.edit_deal(deal, {"name": "別の名前"}, {}, by=sato)
    client.force_login(sato)

    page = client.post(reverse(BULK), {"action": "close", "deal": seen, "close_on": day.isoformat()})

    assert Deal.objects.get().close_on is None
    assert "別の名前" in page.content.decode()


def test_the_expected_close_of_many_goes_back_to_each_own_day(client, sato):
    day = timezone.localdate().replace(year=2027)
    first, second = make_deal(sato, close_on=day), make_deal(sato)
    client.force_login(sato)
    client.post(reverse(BULK), {"action": "close", "deal": picked(first, second), "close_on": "2027/12/24"})
    assert {d.close_on.isoformat() for d in Deal.objects.all()} == {"2027-12-24"}
    deals.edit_deal(Deal.objects.get(pk=second.pk), {"close_on": day}, {}, by=sato)

    client.post(reverse("pipeline:bulk-undo", args=[BulkEdit.objects.get().pk]))

    assert [d.close_on for d in Deal.objects.order_by("pk")] == [day, day]


def test_a_next_action_for_many_and_its_undo(client, sato):
    made = [make_deal(sato), make_deal(sato)]
    client.force_login(sato)
    sent = {
        "action": "next",
        "deal": picked(*made),
        "title": "近況を聞く",
        "kind": "call",
        "due_on": "2027/1/15",
    }

    assert client.post(reverse(BULK), sent).status_code == 302

    assert {d.next_action_on.isoformat() for d in Deal.objects.all()} == {"2027-01-15"}
    client.post(reverse("pipeline:bulk-undo", args=[BulkEdit.objects.get().pk]))
    assert {d.next_action_on for d in Deal.objects.all()} == {None}


def test_others_madeare_not_touched(client, sato, tanaka):
    theirs = make_deal(tanaka)
    client.force_login(sato)

    client.post(reverse(BULK), {"action": "close", "deal": picked(theirs), "close_on": "2027/1/15"})

    assert Deal.objects.get().close_on is None
    assert BulkEdit.objects.get().done == []


def test_only_whoever_made_the_change_takes_it_back(client, sato, takahashi, watanabe):
    client.force_login(watanabe)
    client.post(reverse(BULK), {"action": "owner", "deal": picked(make_deal(sato)), "owner": takahashi.pk})
    client.force_login(sato)

    assert client.post(reverse("pipeline:bulk-undo", args=[BulkEdit.objects.get().pk])).status_code == 404
    assert Deal.objects.get().owner == takahashi


@pytest.mark.parametrize("typed", [{"deal": "x"}, {"deal": "1-x"}, {"deal": "9" * 40 + "-1"}, {}])
def test_nonsense_is_no_pick(client, sato, typed):
    client.force_login(sato)

    assert (
        client.post(reverse(BULK), {"action": "close", "close_on": "2027/1/15", **typed}).status_code == 200
    )
    assert client.get(reverse(BULK), {"action": "nothing"}).status_code == 404


# Views that are kept ---------------------------------------------------------------------------------


def test_a_view_is_kept_under_its_name_and_forgotten(client, sato, takahashi):
    client.force_login(sato)
    sent = {"name": "今月の見積", "query": "stalled=1&sort=-amount&x=1", "on": "list"}

    assert client.post(reverse("pipeline:view-new"), sent).url == "/deals/list/?stalled=1&sort=-amount"
    assert client.post(reverse("pipeline:view-new"), sent).status_code == 422

    page = client.get(reverse("pipeline:list"), {"stalled": "1"})
    assert "今月の見積" in [v.label for v in page.context["views"]]
    client.force_login(takahashi)
    assert "今月の見積" not in [v.label for v in client.get(reverse("pipeline:list")).context["views"]]
    removal = reverse("pipeline:view-removal", args=[SavedView.objects.get().pk])
    assert client.post(removal).status_code == 404
    client.force_login(sato)
    assert client.post(removal).status_code == 302
    assert not SavedView.objects.exists()


def test_a_manager_shares_a_view_with_the_team(client, sato, watanabe, kobayashi):
    client.force_login(watanabe)
    client.post(reverse("pipeline:view-new"), {"name": "部の停滞", "query": "stalled=1", "shared": "on"})
    client.force_login(sato)

    assert "部の停滞" in [v.label for v in client.get(reverse("pipeline:board")).context["views"]]
    client.post(reverse("pipeline:view-new"), {"name": "私の", "query": "mine=1", "shared": "on"})
    assert SavedView.objects.get(name="私の").shared_with is None
    client.force_login(kobayashi)
    assert "部の停滞" not in [v.label for v in client.get(reverse("pipeline:board")).context["views"]]


def test_whoever_gave_madeaway_takes_that_back_though_they_are_not_theirs_any_more(client, sato, tanaka):
    made = [make_deal(sato), make_deal(sato)]
    client.force_login(sato)
    client.post(reverse(BULK), {"action": "owner", "owner": tanaka.pk, "deal": picked(*made)})
    assert set(Deal.objects.values_list("owner", flat=True)) == {tanaka.pk}
    kept = Deal.objects.get(pk=made[1].pk)
    deals.edit_deal(kept, {"amount": 5}, {}, by=tanaka)

    client.post(reverse("pipeline:bulk-undo", args=[BulkEdit.objects.get().pk]))

    assert dict(Deal.objects.values_list("pk", "owner")) == {made[0].pk: sato.pk, kept.pk: tanaka.pk}
