"""Every door to another stage: drag, menu, button, plain form. All meet the same gate."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activities.models import Todo
from pipeline import exit_criteria, moves
from pipeline.models import BulkEdit, Deal, ExitCriterion, LossReason, StageMove
from staff.models import Event
from tests.factories import criterion, make_company, make_contact, make_deal, stage

BOARD = {"HX-Request": "true", "HX-Current-URL": "http://testserver/deals/"}


@pytest.fixture
def deal(sato):
    """A deal in Discovery that knows decision maker, issue and timing; budget and competitor are missing."""
    deal = make_deal(
        sato, "Discovery", name="検査ライン更新", wanted_on=timezone.localdate(), amount=12_800_000
    )
    for code in ("decision_maker", "issue"):
        exit_criteria.answer(deal, criterion(code), "田所部長", by=sato)
    return Deal.objects.get(pk=deal.pk)


def move(client, deal, to, headers=None, **more):
    data = {"to": stage(to).pk, "seen": deal.version, **more}
    return client.post(reverse("pipeline:deal-stage", args=[deal.pk]), data, headers=headers or {})


def field(code):
    return f"c{criterion(code).pk}"


@pytest.mark.parametrize(
    "headers", [BOARD, {"HX-Request": "true"}, {}], ids=["drag", "htmx form", "plain form"]
)
def test_each_door_asks_for_exactly_what_is_missing(client, deal, sato, headers):
    client.force_login(sato)

    response = move(client, deal, "Proposal", headers)

    assert response.status_code == 422
    assert [c.code for c in response.context["missing"]] == ["budget", "competitor"]
    page = response.content.decode()
    assert "いくらまでなら部長の裁量ですか" in page
    assert ("<html" in page) == (headers == {})
    assert Deal.objects.get(pk=deal.pk).stage == stage("Discovery")
    assert StageMove.objects.filter(deal=deal).count() == 1


def test_what_is_filled_in_the_gate_is_kept_and_the_deal_moves_in_one_step(client, deal, sato):
    client.force_login(sato)

    response = move(client, deal, "Proposal", **{field("budget"): "1,300万", field("competitor"): "なし"})

    assert response.status_code == 302
    deal.refresh_from_db()
    assert (deal.stage, deal.budget, deal.competitor) == (stage("Proposal"), 13_000_000, "なし")


def test_a_gate_that_is_filled_half_keeps_nothing(client, deal, sato):
    client.force_login(sato)

    response = move(client, deal, "Proposal", BOARD, **{field("budget"): "1,300万"})

    assert response.status_code == 422
    assert 'value="1,300万"' in response.content.decode()
    assert Deal.objects.get(pk=deal.pk).budget is None


def test_a_bad_value_in_the_gate_is_named_at_its_field(client, deal, sato):
    client.force_login(sato)

    response = move(
        client, deal, "Proposal", BOARD, **{field("budget"): "約300", field("competitor"): "なし"}
    )

    assert response.status_code == 422
    assert "金額は数字で" in response.content.decode()
    assert Deal.objects.get(pk=deal.pk).competitor == ""


def test_a_drag_answers_with_the_two_columns_and_the_way_back(client, deal, sato):
    client.force_login(sato)

    response = move(
        client, deal, "Proposal", BOARD, **{field("budget"): "1300万", field("competitor"): "なし"}
    )

    page = response.content.decode()
    moved = Deal.objects.get(pk=deal.pk)
    assert response.status_code == 200
    assert page.count('hx-swap-oob="true"') == 4  # two columns, the totals, the closed ones
    assert f'id="col-{stage("Proposal").pk}"' in page
    assert reverse("pipeline:deal-stage-undo", args=[deal.pk, moved.version]) in page


def test_the_menu_offers_the_stages_and_works_without_javascript(client, deal, sato):
    client.force_login(sato)

    page = client.get(
        reverse("pipeline:deal-stage", args=[deal.pk]), {"to": "", "menu": "", "seen": deal.version}
    )

    assert page.status_code == 200
    assert [s.name_en for s in page.context["stages"]][-2:] == ["Won", "Lost"]
    assert "<dialog" in page.content.decode()


def test_undo_puts_the_deal_where_it_stood_since_the_day_it_came_there(client, deal, sato):
    client.force_login(sato)
    entered = deal.stage_entered_at
    ExitCriterion.objects.filter(stage=stage("First contact")).delete()
    move(client, deal, "First contact", reason="担当が代わった")
    moved = Deal.objects.get(pk=deal.pk)

    client.post(reverse("pipeline:deal-stage-undo", args=[deal.pk, moved.version]))

    deal.refresh_from_db()
    assert (deal.stage, deal.stage_entered_at) == (stage("Discovery"), entered)
    assert [m.to_stage.name_en for m in deal.moves.all()] == ["Discovery", "First contact", "Discovery"]


def test_undo_of_a_step_back_asks_the_gate_again(client, deal, sato):
    client.force_login(sato)
    move(client, deal, "First contact", reason="担当が代わった")
    moved = Deal.objects.get(pk=deal.pk)

    client.post(reverse("pipeline:deal-stage-undo", args=[deal.pk, moved.version]))

    assert Deal.objects.get(pk=deal.pk).stage == stage("First contact")


def test_undo_does_not_undo_what_a_colleague_did_since(client, deal, sato, watanabe):
    client.force_login(sato)
    move(client, deal, "First contact", reason="担当が代わった")
    moved = Deal.objects.get(pk=deal.pk)
    moves.move_deal(moved, stage("New lead"), by=watanabe, seen=moved.version, reason="やり直し")

    client.post(reverse("pipeline:deal-stage-undo", args=[deal.pk, moved.version]))

    assert Deal.objects.get(pk=deal.pk).stage == stage("New lead")


def test_going_back_asks_a_reason(client, deal, sato):
    client.force_login(sato)

    refused = move(client, deal, "New lead", BOARD)

    assert refused.status_code == 422
    assert "戻す理由" in refused.content.decode()
    assert move(client, deal, "New lead", BOARD, reason="やり直し").status_code == 200


def test_a_rep_sees_no_waiver_and_a_manager_may_waive(client, deal, sato, watanabe):
    client.force_login(sato)
    assert 'name="waiver"' not in move(client, deal, "Proposal", BOARD).content.decode()
    assert move(client, deal, "Proposal", BOARD, waiver="急ぎ").status_code == 403

    client.force_login(watanabe)
    assert 'name="waiver"' in move(client, deal, "Proposal", BOARD).content.decode()
    assert move(client, deal, "Proposal", waiver="入札のため").status_code == 302
    assert StageMove.objects.filter(deal=deal).last().waived_count == 2


@pytest.mark.parametrize(("person", "status"), [("tanaka", 404), ("takahashi", 403), ("kobayashi", 403)])
def test_others_are_refused_and_nothing_changes(client, deal, person, status, request):
    client.force_login(request.getfixturevalue(person))
    events = Event.objects.count()

    assert move(client, deal, "Proposal", BOARD).status_code == status

    assert Deal.objects.get(pk=deal.pk).stage == stage("Discovery")
    assert Event.objects.count() == events


def test_nonsense_in_the_form_moves_nothing(client, deal, sato):
    client.force_login(sato)
    url = reverse("pipeline:deal-stage", args=[deal.pk])

    for data in ({"to": "x", "seen": "y"}, {"to": "999999", "seen": deal.version}, {}):
        assert client.post(url, data).status_code == 200  # the choice of the stage again
    assert Deal.objects.get(pk=deal.pk).stage == stage("Discovery")


def test_winning_says_what_happens_before_it_does(client, sato):
    deal = make_deal(sato, "Negotiation", amount=9_800_000)
    for code in ("terms", "approval_date", "billing_to"):
        exit_criteria.answer(deal, criterion(code), "はい", by=sato)
    from django.core.files.base import ContentFile

    from pipeline import files

    files.attach(deal, ContentFile(b"x", "注文書.pdf"), "contract", by=sato)
    deal = Deal.objects.get(pk=deal.pk)
    client.force_login(sato)

    asked = move(client, deal, "Won", BOARD)
    assert asked.status_code == 422
    assert "¥9,800,000の受注として" in asked.content.decode()
    assert move(client, deal, "Won", BOARD, confirmed="1").status_code == 200
    assert Deal.objects.get(pk=deal.pk).stage == stage("Won")


def test_losing_needs_the_reason_from_the_list(client, deal, sato):
    client.force_login(sato)
    url = reverse("pipeline:deal-loss", args=[deal.pk])

    refused = client.post(url, {"seen": deal.version, "note": "画像に弱い"}, headers=BOARD)
    assert refused.status_code == 422
    assert "画像に弱い" in refused.content.decode()
    assert Deal.objects.get(pk=deal.pk).is_open

    again = timezone.localdate() + timedelta(days=90)
    reason = LossReason.objects.get(code="price")
    client.post(
        url,
        {"seen": deal.version, "reason": reason.pk, "competitor": "A社", "call_again_on": again.isoformat()},
    )
    deal.refresh_from_db()
    assert (deal.stage.kind, deal.loss_reason, deal.competitor, deal.call_again_on) == (
        "lost",
        reason,
        "A社",
        again,
    )


def test_a_page_that_still_offers_to_lose_a_closed_deal_is_shown_anew(client, deal, sato):
    moves.lose_deal(deal, by=sato, seen=deal.version, reason=LossReason.objects.get(code="price"))
    client.force_login(sato)

    answer = client.get(reverse("pipeline:deal-loss", args=[deal.pk]), headers=BOARD)

    assert (answer.status_code, answer["HX-Redirect"]) == (200, deal.get_absolute_url())


def test_a_lost_deal_is_not_opened_beyond_where_it_stood(deal, sato):
    lost = moves.lose_deal(deal, by=sato, seen=deal.version, reason=LossReason.objects.get(code="price"))

    for beyond in ("Negotiation", "Won"):
        with pytest.raises(exit_criteria.NotMet):
            moves.move_deal(lost, stage(beyond), by=sato, seen=lost.version, reason="再開")
    assert Deal.objects.get(pk=deal.pk).stage.kind == "lost"


def test_undoing_a_loss_gives_the_competitor_back(client, deal, sato):
    client.force_login(sato)
    client.post(
        reverse("pipeline:deal-loss", args=[deal.pk]),
        {"seen": deal.version, "reason": LossReason.objects.get(code="price").pk, "competitor": "A社"},
    )
    lost = Deal.objects.get(pk=deal.pk)

    client.post(reverse("pipeline:deal-stage-undo", args=[deal.pk, lost.version]))

    deal.refresh_from_db()
    assert (deal.stage, deal.competitor, deal.loss_reason) == (stage("Discovery"), "", None)


def test_only_those_above_hand_a_deal_over(client, deal, sato, takahashi, tanaka, watanabe):
    url = reverse("pipeline:deal-owner", args=[deal.pk])
    client.force_login(takahashi)
    assert client.post(url, {"owner": takahashi.pk, "seen": deal.version}).status_code == 403
    client.force_login(watanabe)

    client.post(url, {"owner": tanaka.pk, "seen": deal.version})

    deal.refresh_from_db()
    assert (deal.owner, deal.team) == (tanaka, tanaka.team)
    [edit] = BulkEdit.objects.all()
    client.force_login(sato)
    assert client.get(deal.get_absolute_url()).status_code == 404
    assert client.post(reverse("pipeline:bulk-undo", args=[edit.pk])).status_code == 404

    # Whoever did it takes it back by the word in the toast.
    client.force_login(watanabe)
    client.post(reverse("pipeline:bulk-undo", args=[edit.pk]))
    deal.refresh_from_db()
    assert (deal.owner, deal.team) == (sato, sato.team)


# Two people at once -------------------------------------------------------------------------------


def drag_at_once(deal, people, to):
    """Both drag the same card at the same time; the statuses they get."""
    start, statuses = threading.Barrier(len(people)), []

    def drag(person):
        browser = Client()
        browser.force_login(person)
        start.wait()
        statuses.append(move(browser, deal, to, BOARD, reason="やり直し").status_code)
        connection.close()

    threads = [threading.Thread(target=drag, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_drag_one_card_one_moves_it_and_the_other_is_told(sato, watanabe):
    deal = make_deal(sato, "Discovery")

    statuses = drag_at_once(deal, [sato, watanabe], "First contact")

    assert deal.moves.count() == 2
    assert statuses == [200, 409]
    assert Deal.objects.get(pk=deal.pk).version == deal.version + 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_same_race_moves_it_twice(sato, watanabe, monkeypatch):
    """The twin that shows the lock is needed: both read before either writes."""
    deal = make_deal(sato, "Discovery")
    both_have_read = threading.Barrier(2, timeout=5)
    enter = moves._enter

    def late(*args, **kwargs):
        both_have_read.wait()
        return enter(*args, **kwargs)

    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda rows, **_: rows)
    monkeypatch.setattr(moves, "_enter", late)
    start, failures = threading.Barrier(2), []

    def drag(person):
        start.wait()
        try:
            moves.move_deal(deal, stage("First contact"), by=person, seen=deal.version, reason="やり直し")
        except Exception as failure:
            failures.append(failure)
        connection.close()

    threads = [threading.Thread(target=drag, args=[person]) for person in (sato, watanabe)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Two moves were written for one, or only the database's trigger stood in the way of the second.
    assert deal.moves.count() == 3 or failures


def test_contact_of_another_company_is_no_contact_of_the_deal(deal, sato):
    from pipeline import deals
    from tests.factories import make_company

    stranger = make_contact(make_company("別の会社"))
    with pytest.raises(ValueError, match="another company"):
        deals.edit_deal(deal, {"contact": stranger}, {}, by=sato)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_asking_later_about_everything_fits_into_a_todo(client, sato, language):
    sato.language = language
    sato.save()
    deal = make_deal(sato)
    client.force_login(sato)
    url = reverse("pipeline:deal-stage", args=[deal.pk])
    gate = client.get(url, {"to": stage("Won").pk}, headers={"HX-Request": "true"}).content.decode()
    form = gate.partition('id="ask-later"')[2].partition("</form>")[0]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))

    response = client.post(reverse("activities:todo-new"), sent)

    assert response.status_code == 302
    assert Todo.objects.get().deal == deal


def test_the_answer_draws_only_the_cards_that_the_page_does_not_show_as_they_are(client, sato, watanabe):
    today = timezone.localdate()
    company = make_company()
    cards = [
        make_deal(sato, "Discovery", company, name=f"案件{n:02}", next_action_on=today) for n in range(22)
    ]
    there = make_deal(sato, "Proposal", company, name="向こうの案件")
    client.force_login(watanabe)
    page = client.get("/deals/").content.decode()
    known = re.findall(r"data-card=([\w.]+)", page)
    assert len(known) == 21
    # Somebody else plans a call for the third one meanwhile: no version, and yet the card looks different.
    Deal.objects.filter(pk=cards[2].pk).update(next_action_kind="call")

    board = {**BOARD, "Board-Cards": ",".join(known)}
    answer = move(client, cards[0], "Proposal", board, waiver="口頭で").content.decode()

    drawn = {int(key.split(".")[0]) for key in re.findall(r"data-card=([\w.]+)", answer)}
    assert drawn == {cards[0].pk, cards[2].pk, cards[20].pk}
    same = re.findall(r"<li data-same=([\w.]+)></li>", answer)
    assert set(same) < set(known)
    # With the gaps filled from the page it is what a reload shows.
    after = client.get("/deals/").content.decode()
    places = re.findall(r"data-(?:card|same)=([\w.]+)", answer)
    assert places == re.findall(r"data-card=([\w.]+)", after)
    assert f"{there.pk}." in "".join(places)
