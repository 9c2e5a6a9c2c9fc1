"""Every kind of criterion: when it holds, what it asks at the gate, and that the fast count agrees with the slow answer."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.urls import reverse

from pipeline import approvals, deals, exit_criteria, files, moves
from pipeline.exit_criteria import NotMet
from pipeline.models import CriterionAnswer, Deal, ExitCriterion
from pipeline.reach import met_shares
from staff import relay, versions
from staff.models import Event, Notification
from tests.factories import make_company, make_deal, stage


def ask(kind, at_stage="New lead", **rule):
    """The only criterion of the stage."""
    where = stage(at_stage)
    ExitCriterion.objects.filter(stage=where).delete()
    return ExitCriterion.objects.create(
        stage=where, code="asked", kind=kind, name_ja="確認", name_en="Asked", **rule
    )


def go(deal, person):
    deal = Deal.objects.get(pk=deal.pk)
    return moves.move_deal(deal, stage("First contact"), by=person, seen=deal.version)


def stays(deal, person):
    with pytest.raises(NotMet):
        go(deal, person)
    assert Deal.objects.get(pk=deal.pk).stage == stage("New lead")
    return True


def test_an_amount_of_at_least_a_million_is_asked(sato):
    ask("field", field="amount", condition="at_least", threshold=Decimal(1_000_000))
    deal = make_deal(sato, amount=999_999)

    assert stays(deal, sato)
    deals.edit_deal(deal, {"amount": Decimal(1_000_000)}, {}, by=sato)
    assert go(deal, sato).stage == stage("First contact")


def test_an_amount_of_at_most_a_million_is_asked(sato):
    ask("field", field="amount", condition="at_most", threshold=Decimal(1_000_000))
    deal = make_deal(sato, amount=1_000_001)

    assert stays(deal, sato)
    deals.edit_deal(deal, {"amount": Decimal(1_000_000)}, {}, by=sato)
    assert go(deal, sato)


def test_a_text_of_some_length_is_asked(sato):
    ask("field", field="competitor", condition="length", threshold=Decimal(3))
    deal = make_deal(sato, competitor="A社")

    assert stays(deal, sato)
    deals.edit_deal(deal, {"competitor": "既存の保守会社"}, {}, by=sato)
    assert go(deal, sato)


def test_an_answer_without_its_evidence_does_not_count(sato):
    asked = ask("question", needs_evidence=True)
    deal = make_deal(sato)
    exit_criteria.answer(deal, asked, "部長", by=sato)

    assert stays(deal, sato)
    exit_criteria.answer(deal, asked, "部長", evidence="田所さん、7/14 の電話で", by=sato)
    assert go(deal, sato)


def test_the_gate_asks_for_answer_and_evidence_in_one_form(client, sato):
    asked = ask("question", needs_evidence=True)
    deal = make_deal(sato)
    client.force_login(sato)
    url = reverse("pipeline:deal-stage", args=[deal.pk])
    sent = {"to": stage("First contact").pk, "seen": deal.version, f"c{asked.pk}": "部長"}

    refused = client.post(url, sent)
    assert refused.status_code == 422
    assert "誰がいつ言ったかも書いてください" in refused.content.decode()
    assert not CriterionAnswer.objects.exists()
    assert client.post(url, {**sent, f"c{asked.pk}-evidence": "田所さん、電話で"}).status_code == 302

    assert Deal.objects.get().stage == stage("First contact")
    assert CriterionAnswer.objects.get().evidence == "田所さん、電話で"


def test_the_dialog_of_a_criterion_asks_for_its_evidence(client, sato):
    asked = ask("question", needs_evidence=True)
    deal = make_deal(sato)
    client.force_login(sato)
    url = reverse("pipeline:deal-criterion", args=[deal.pk, asked.pk])

    assert client.post(url, {f"c{asked.pk}": "部長"}).status_code == 422
    assert client.post(url, {f"c{asked.pk}": "部長", "evidence": "本人から"}).status_code == 302
    assert CriterionAnswer.objects.get().evidence == "本人から"


def test_a_complaint_that_was_logged_keeps_the_deal(sato):
    ask("absence", activity_kinds=["memo"])
    deal = make_deal(sato, activity_kinds=["memo"])

    assert stays(deal, sato)
    Deal.objects.filter(pk=deal.pk).update(activity_kinds=["call"])
    assert go(deal, sato)


def test_a_file_that_must_be_gone_keeps_the_deal(sato, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    ask("absence", file_kind="other")
    deal = make_deal(sato)
    kept = files.attach(deal, ContentFile(b"x", name="x.txt"), "other", by=sato)

    assert stays(deal, sato)
    files.remove(kept, by=sato)
    assert go(deal, sato)


def test_a_field_that_must_be_empty_keeps_the_deal(sato):
    ask("absence", field="competitor")
    deal = make_deal(sato, competitor="A社")

    assert stays(deal, sato)
    deals.edit_deal(deal, {"competitor": ""}, {}, by=sato)
    assert go(deal, sato)


# Approvals ---------------------------------------------------------------------------------------


def test_a_manager_approves_by_name_and_for_the_amount_it_has(sato, watanabe):
    asked = ask("approval")
    deal = make_deal(sato, amount=5_000_000)
    assert stays(deal, sato)

    given = approvals.approve(deal, asked, by=watanabe, seen=deal.version, note="条件つき")

    assert (given.answered_by, given.amount, given.evidence) == (watanabe, 5_000_000, "条件つき")
    deals.edit_deal(Deal.objects.get(), {"amount": Decimal(5_000_001)}, {}, by=sato)
    assert stays(deal, sato)
    deals.edit_deal(Deal.objects.get(), {"amount": Decimal(4_000_000)}, {}, by=sato)
    assert go(deal, sato)


def test_what_was_approved_without_an_amount_is_asked_again_once_there_is_one(sato, watanabe):
    asked = ask("approval")
    deal = make_deal(sato, amount=None)
    approvals.approve(deal, asked, by=watanabe, seen=deal.version)

    deals.edit_deal(deal, {"amount": Decimal(90_000_000)}, {}, by=sato)

    assert stays(Deal.objects.get(), sato)


@pytest.mark.parametrize("person", ["sato", "takahashi", "tanaka", "kobayashi"])
def test_others_approve_nothing(person, sato, request):
    asked = ask("approval")
    deal = make_deal(sato)

    with pytest.raises(PermissionDenied):
        approvals.approve(deal, asked, by=request.getfixturevalue(person), seen=deal.version)

    assert not CriterionAnswer.objects.exists()


def test_nobody_approves_a_deal_of_their_own(watanabe, ito):
    asked = ask("approval")
    deal = make_deal(watanabe)

    with pytest.raises(PermissionDenied):
        approvals.approve(deal, asked, by=watanabe, seen=deal.version)

    assert approvals.approve(deal, asked, by=ito, seen=deal.version)


def test_an_approval_is_no_answer_that_anybody_writes(sato):
    asked = ask("approval")
    deal = make_deal(sato)

    with pytest.raises(ValueError, match="no question"):
        exit_criteria.answer(deal, asked, exit_criteria.APPROVED, by=sato)

    assert stays(deal, sato)


def test_who_approves_an_old_version_looks_again(sato, watanabe):
    asked = ask("approval")
    deal = make_deal(sato, amount=1_000_000)
    deals.edit_deal(deal, {"amount": Decimal(90_000_000)}, {}, by=sato)

    with pytest.raises(versions.Stale):
        approvals.approve(deal, asked, by=watanabe, seen=deal.version)

    assert not CriterionAnswer.objects.exists()


def test_an_administrator_is_asked_where_no_manager_sees_the_deal(client, sato, watanabe, ito):
    asked, deal = ask("approval"), make_deal(sato, company=make_company(is_restricted=True, owner=sato))
    client.force_login(sato)

    client.post(reverse("pipeline:deal-approval", args=[deal.pk, asked.pk]), {"note": "今週中に"})
    relay.drain()

    assert [n.user for n in Notification.objects.filter(kind="deal.approval_asked")] == [ito]


def test_asking_tells_the_managers_and_approving_tells_the_owner(client, sato, watanabe):
    asked = ask("approval")
    deal = make_deal(sato)
    url = reverse("pipeline:deal-approval", args=[deal.pk, asked.pk])
    client.force_login(sato)
    assert client.get(url).status_code == 200
    assert client.post(url, {"note": "今週中に"}).status_code == 302
    relay.drain()
    assert [n.user for n in Notification.objects.filter(kind="deal.approval_asked")] == [watanabe]

    client.force_login(watanabe)
    assert client.post(url, {"seen": deal.version}).status_code == 302
    relay.drain()

    assert [n.user for n in Notification.objects.filter(kind="deal.approved")] == [sato]
    deal.refresh_from_db()
    assert (deal.criteria_met, deal.criteria_total) == (1, 1)
    client.post(url, {"withdraw": "1"})
    assert stays(deal, sato)


def test_a_manager_says_why_not_and_who_asked_hears_it(client, sato, takahashi, watanabe):
    asked = ask("approval")
    deal = make_deal(sato)
    url = reverse("pipeline:deal-approval", args=[deal.pk, asked.pk])
    approvals.ask(deal, asked, by=takahashi, note="今週中に")
    client.force_login(watanabe)
    assert "今週中に" in client.get(url).content.decode()

    assert client.post(url, {"refuse": "1", "note": " "}).status_code == 422
    assert client.post(url, {"refuse": "1", "note": "粗利の内訳を添えて"}).status_code == 302
    relay.drain()

    assert {n.user for n in Notification.objects.filter(kind="deal.approval_refused")} == {sato, takahashi}
    assert stays(deal, sato)
    client.force_login(sato)
    assert "粗利の内訳を添えて" in client.get(url).content.decode()
    # Whoever may not approve refuses nothing: their word asks again.
    client.post(url, {"refuse": "1", "note": "x"})
    assert Event.objects.filter(kind="deal.approval_refused").count() == 1
    with pytest.raises(PermissionDenied):
        approvals.refuse(deal, asked, by=sato, note="x")


# The fast count and the slow answer ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("field", {"field": "amount", "condition": "at_least", "threshold": Decimal(2)}),
        ("field", {"field": "amount", "condition": "at_most", "threshold": Decimal(2)}),
        ("field", {"field": "competitor"}),
        ("field", {"field": "competitor", "condition": "length", "threshold": Decimal(3)}),
        ("question", {}),
        ("question", {"needs_evidence": True}),
        ("activity", {"activity_kinds": ["call", "visit"]}),
        ("file", {"file_kind": "quote"}),
        ("approval", {}),
        ("absence", {"field": "competitor"}),
        ("absence", {"activity_kinds": ["call"]}),
        ("absence", {"file_kind": "quote"}),
    ],
    ids=str,
)
def test_the_share_that_is_met_agrees_with_the_gate(kind, rule, sato, watanabe, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    asked = ask(kind, **rule)
    made = [
        make_deal(sato, amount=1, competitor="A社"),
        make_deal(sato, amount=2, activity_kinds=["call"]),
        make_deal(sato, amount=3, competitor="保守会社"),
        make_deal(sato, activity_kinds=["visit"]),
    ]
    if kind == "question":
        exit_criteria.answer(made[0], asked, "x", by=sato)
        exit_criteria.answer(made[1], asked, "x", evidence="y", by=sato)
    if kind == "approval":
        for deal in made[:2]:
            approvals.approve(deal, asked, by=watanabe, seen=deal.version)
        Deal.objects.filter(pk=made[0].pk).update(amount=9)
    files.attach(made[2], ContentFile(b"x", name="x.txt"), "quote", by=sato)

    found = exit_criteria.statuses_of_many(list(Deal.objects.all()))
    met = sum(s.is_met for of_deal in found.values() for s in of_deal)

    assert 0 < met < 4
    assert met_shares([asked]) == {asked.pk: 25 * met}
