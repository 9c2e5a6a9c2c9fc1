"""The method is changed as a draft, shown with the deals it affects, published from a day on, and kept as versions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from pipeline import deals, drafts, exit_criteria, moves, publishing, stalls
from pipeline.models import Deal, ExitCriterion, InFlight, MethodDraft, MethodVersion, Pipeline, Stage
from staff import relay, versions
from staff.models import Event, User
from tests.factories import criterion, make_company, make_deal, stage


@pytest.fixture
def method(db) -> Pipeline:
    return Pipeline.objects.get(is_default=True)


@pytest.fixture
def today():
    return timezone.localdate()


def key(name: str) -> str:
    return str(stage(name).pk)


def publish(method, ito, today, in_flight=InFlight.AT_ONCE, starts_on=None):
    seen = drafts.read(method).version
    return publishing.publish(
        method, by=ito, seen=seen, today=today, starts_on=starts_on or today, in_flight=in_flight
    )


def recommend(method, ito, code, is_required=False):
    row = criterion(code)
    changes = {"is_required": is_required}
    return drafts.edit_criterion(method, str(row.stage_id), str(row.pk), changes, {}, by=ito)


def unmet(deal, to):
    deal = Deal.objects.get(pk=deal.pk)
    return [c.code for c in exit_criteria.unmet_on_the_way(deal, stage(to))]


# The draft ---------------------------------------------------------------------------------------


def test_a_draft_holds_nowhere(method, ito, sato):
    deal = make_deal(sato, "New lead")

    recommend(method, ito, "contact")

    assert criterion("contact").is_required
    assert unmet(deal, "First contact") == ["contact", "topic"]
    assert [(c.what, c.how, c.fields) for c in drafts.read(method).changes] == [
        ("criterion", "edited", {"is_required": (True, False)})
    ]


def test_a_draft_that_changes_nothing_any_more_is_gone(method, ito):
    recommend(method, ito, "contact")
    recommend(method, ito, "contact", is_required=True)

    assert not MethodDraft.objects.exists()


def test_two_administrators_who_change_different_things_lose_nothing(method, ito):
    drafts.edit_stage(method, key("Quote"), {"probability": 65}, {"probability": 60}, by=ito)
    drafts.edit_stage(method, key("Quote"), {"patience_days": 12}, {"patience_days": 10}, by=ito)

    shown = drafts.read(method).stage(key("Quote"))
    assert (shown["probability"], shown["patience_days"]) == (65, 12)


def test_two_administrators_who_change_the_same_number_are_shown_both(client, method, ito):
    drafts.edit_stage(method, key("Quote"), {"probability": 65}, {"probability": 60}, by=ito)
    client.force_login(ito)
    names = {"name_ja": "見積", "name_en": "Quote", "patience_days": 10}

    url = reverse("pipeline:stage", args=[method.pk, key("Quote")])
    refused = client.post(url, {**names, "probability": 70, "base": '{"probability": 60}'})

    assert refused.status_code == 409
    assert "65" in refused.content.decode()
    assert drafts.read(method).stage(key("Quote"))["probability"] == 65


def test_stages_and_criteria_are_added_ordered_and_taken_out(method, ito):
    draft, new = drafts.add_stage(method, {"name_ja": "試用", "name_en": "Trial", "probability": 50, "patience_days": 20}, by=ito)  # fmt: skip
    drafts.place_stage(method, new, -1, by=ito)
    drafts.remove_stage(method, key("First contact"), by=ito)
    values = {
        "name_ja": "与信",
        "name_en": "Credit",
        "kind": "approval",
        "question_ja": "",
        "question_en": "",
    }
    rest = {"field": "", "condition": "", "threshold": None, "activity_kinds": [], "file_kind": "", "needs_evidence": False, "is_required": True}  # fmt: skip
    drafts.add_criterion(method, new, {**values, **rest}, by=ito)

    content = drafts.read(method).content
    assert [s["name_en"] for s in content["stages"]] == ["New lead", "Discovery", "Proposal", "Quote", "Trial", "Negotiation"]  # fmt: skip
    assert [(c.what, c.how) for c in drafts.read(method).changes] == [
        ("stage", "added"), ("criterion", "added"), ("stage", "removed"),
    ]  # fmt: skip
    assert Stage.objects.filter(pipeline=method, kind="open").count() == 6


@pytest.mark.parametrize("at", ["", "なし", "a/b"])
def test_who_places_a_stage_from_nowhere_comes_to_that_stage(client, method, ito, at):
    client.force_login(ito)
    url = reverse("pipeline:stage-place", args=[method.pk, key("Quote")])

    answer = client.post(url, {"to": "up", "at": at})

    assert answer.url == reverse("pipeline:stage", args=[method.pk, key("Quote")])


def test_a_discarded_draft_leaves_no_trace_but_its_event(method, ito):
    recommend(method, ito, "contact")

    drafts.discard(method, by=ito)

    assert not MethodDraft.objects.exists()
    assert Event.objects.get(kind="method.draft_discarded").data["changes"] == 1


# What it would do -----------------------------------------------------------------------------------


def test_the_preview_counts_the_deals_that_would_be_blocked(method, ito, sato):
    recommend(method, ito, "contact")
    publish(method, ito, timezone.localdate())
    free, held, known = make_deal(sato), make_deal(sato), make_deal(sato, amount=5_000_000)
    for deal in (free, known):
        exit_criteria.answer(deal, criterion("topic"), "検査", by=sato)
    changes = {"kind": "field", "field": "amount", "is_required": True, "condition": "at_least", "threshold": Decimal(1_000_000)}  # fmt: skip
    row = criterion("contact")
    drafts.edit_criterion(method, str(row.stage_id), str(row.pk), changes, {}, by=ito)

    effect = publishing.preview(drafts.read(method)).of(key("New lead"))

    assert effect.open_count == 3
    assert set(effect.affected) == {free.pk, held.pk}
    assert effect.blocked == [free.pk]
    assert [(c.name_en, n) for c, n in effect.missing] == [("Contact", 2)]


# Publishing --------------------------------------------------------------------------------------------


def test_publishing_at_once_asks_deals_in_flight_for_more(method, ito, sato, today):
    recommend(method, ito, "contact")
    publish(method, ito, today)
    deal = make_deal(sato)
    assert unmet(deal, "First contact") == ["topic"]
    recommend(method, ito, "contact", is_required=True)

    version = publish(method, ito, today)
    relay.drain()

    assert (version.number, version.affected_count) == (2, 1)
    assert unmet(deal, "First contact") == ["contact", "topic"]
    assert not MethodDraft.objects.exists()
    assert Event.objects.filter(kind="method.published").count() == 2


def test_a_deal_in_flight_keeps_the_old_criteria_until_it_leaves_its_stage(method, ito, sato, today):
    recommend(method, ito, "contact")
    publish(method, ito, today)
    old = make_deal(sato)
    exit_criteria.answer(old, criterion("topic"), "検査", by=sato)
    recommend(method, ito, "contact", is_required=True)
    publish(method, ito, today, InFlight.KEEP)
    new = deals.create_deal(name="新", company=make_company("新社"), owner=sato, by=sato)

    assert unmet(old, "First contact") == []
    assert unmet(new, "First contact") == ["contact", "topic"]
    old = Deal.objects.get(pk=old.pk)
    old = moves.move_deal(old, stage("First contact"), by=sato, seen=old.version)
    old = moves.move_deal(old, stage("New lead"), by=sato, seen=old.version, reason="確認")
    assert unmet(old, "First contact") == ["contact"]


def test_a_new_criterion_and_one_taken_out_bind_deals_in_flight_as_they_were(method, ito, sato, today):
    old = make_deal(sato)
    row = criterion("contact")
    drafts.remove_criterion(method, str(row.stage_id), str(row.pk), by=ito)
    document = drafts.read(method).stage(key("New lead"))["criteria"][0]
    values = {name: document[name] for name in drafts.CRITERION_FIELDS} | {
        "name_ja": "部門",
        "name_en": "Department",
    }
    drafts.add_criterion(method, key("New lead"), values, by=ito)
    publish(method, ito, today, InFlight.KEEP)
    relay.drain()
    new = deals.create_deal(name="新", company=make_company("新社"), owner=sato, by=sato)
    added = ExitCriterion.objects.get(name_en="Department")

    assert unmet(old, "First contact") == ["contact", "topic"]
    assert unmet(new, "First contact") == ["topic", added.code]
    old.refresh_from_db()
    assert (old.criteria_total, new.criteria_total) == (2, 2)


def test_a_version_waits_for_its_day(method, ito, sato, today, system):
    recommend(method, ito, "contact")
    version = publish(method, ito, today, starts_on=today + timedelta(days=3))

    assert publishing.put_due_in_force(today + timedelta(days=2), by=system) == 0
    assert criterion("contact").is_required
    assert publishing.put_due_in_force(today + timedelta(days=3), by=system) == 1
    assert publishing.put_due_in_force(today + timedelta(days=3), by=system) == 0

    assert not criterion("contact").is_required
    assert MethodVersion.objects.get(pk=version.pk).in_force_at


def test_one_version_waits_at_a_time_and_can_be_taken_back(method, ito, today):
    recommend(method, ito, "contact")
    version = publish(method, ito, today, starts_on=today + timedelta(days=3))
    recommend(method, ito, "topic")
    with pytest.raises(publishing.Waiting):
        publish(method, ito, today)
    drafts.discard(method, by=ito)

    publishing.withdraw(version, by=ito)

    assert [c.key for c in drafts.read(method).changes] == [str(criterion("contact").pk)]
    assert publishing.put_due_in_force(today + timedelta(days=9), by=User.objects.system()) == 0
    with pytest.raises(versions.Stale):
        publishing.withdraw(version, by=ito)


def test_who_publishes_an_old_draft_looks_again(method, ito, today):
    recommend(method, ito, "contact")
    seen = drafts.read(method).version
    recommend(method, ito, "topic")

    with pytest.raises(versions.Stale):
        publishing.publish(method, by=ito, seen=seen, today=today, starts_on=today, in_flight="keep")

    assert not MethodVersion.objects.exists()


def test_a_stage_with_open_deals_is_not_taken_out(method, ito, sato, today):
    deal = make_deal(sato, "Quote")
    drafts.remove_stage(method, key("Quote"), by=ito)

    with pytest.raises(publishing.StageInUse):
        publish(method, ito, today)
    assert stage("Quote").is_open

    moves.move_deal(deal, stage("Proposal"), by=sato, seen=deal.version, reason="統合")
    publish(method, ito, today)
    assert stage("Quote").kind == "gone"
    assert [s.position for s in Stage.objects.filter(pipeline=method, kind="open")] == [1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="given up"):
        deal = Deal.objects.get(pk=deal.pk)
        moves.move_deal(deal, stage("Quote"), by=sato, seen=deal.version)


def test_a_changed_stage_reaches_its_open_deals_through_a_worker(method, ito, sato, today):
    deal = make_deal(sato, "Quote", amount=1_000_000, probability=60, weighted_amount=600_000)
    other = make_deal(sato, "Proposal", amount=1_000_000, probability=40, weighted_amount=400_000)
    drafts.edit_stage(method, key("Quote"), {"probability": 70, "patience_days": 30}, {}, by=ito)
    publish(method, ito, today)

    relay.drain()

    deal.refresh_from_db()
    assert (deal.probability, deal.weighted_amount, deal.stalls_on) == (70, 700_000, stalls.due_on(deal))
    other.refresh_from_db()
    assert other.weighted_amount == 400_000
    event = Event.objects.get(kind="stage.edited")
    assert (event.before, event.after) == ({"probability": 60, "patience_days": 10}, {"probability": 70, "patience_days": 30})  # fmt: skip
    assert relay.drain() == 0


# On screen -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["sato", "watanabe", "kobayashi"])
def test_only_administrators_see_and_change_the_method(client, person, method, request):
    client.force_login(request.getfixturevalue(person))
    url = reverse("pipeline:stage", args=[method.pk, key("Quote")])

    assert client.get(url).status_code == 403
    assert client.post(url, {"probability": 1}).status_code == 403
    assert client.post(reverse("pipeline:version-new", args=[method.pk])).status_code == 403
    assert not MethodDraft.objects.exists()


def test_an_administrator_changes_a_criterion_and_publishes_it(client, method, ito, sato, today):
    make_deal(sato, "Discovery")
    row = criterion("competitor")
    client.force_login(ito)
    url = reverse("pipeline:criterion", args=[method.pk, row.stage_id, row.pk])
    texts = {"name_ja": "競合", "name_en": "Competitor", "question_ja": "ほかには", "question_en": "Others?"}
    rule = {
        "kind": "field",
        "field": "competitor",
        "condition": "length",
        "threshold": "2",
        "is_required": "on",
    }

    assert client.get(url).status_code == 200
    assert client.post(url, {**texts, **rule, "field": "contact"}).status_code == 422
    assert client.post(url, {**texts, **rule}).status_code == 302
    page = client.get(reverse("pipeline:stage", args=[method.pk, row.stage_id])).content.decode()
    assert "反映" in page
    ask = reverse("pipeline:version-new", args=[method.pk])
    assert "競合" in client.get(ask).content.decode()
    sent = {"seen": drafts.read(method).version, "starts_on": today.isoformat(), "in_flight": "at_once", "note": "毎回聞く"}  # fmt: skip
    assert client.post(ask, {**sent, "starts_on": "2020/1/1"}).status_code == 422
    assert client.post(ask, sent).status_code == 302

    row.refresh_from_db()
    assert (row.condition, row.threshold) == ("length", 2)
    history = client.get(reverse("pipeline:method-versions", args=[method.pk])).content.decode()
    assert "毎回聞く" in history


def test_an_absence_names_exactly_one_thing(client, method, ito):
    client.force_login(ito)
    url = reverse("pipeline:criterion-new", args=[method.pk, key("Quote")])
    sent = {"name_ja": "苦情なし", "name_en": "No complaint", "kind": "absence", "is_required": "on"}

    assert client.post(url, sent).status_code == 422
    assert client.post(url, {**sent, "file_kind": "other", "activity_kinds": ["memo"]}).status_code == 422
    assert client.post(url, {**sent, "activity_kinds": ["memo"], "field": ""}).status_code == 302

    made = drafts.read(method).stage(key("Quote"))["criteria"][-1]
    assert (made["kind"], made["activity_kinds"]) == ("absence", ["memo"])


def test_the_page_shows_the_real_rate_and_the_median_stay_once_there_are_enough(
    client, method, ito, sato, today
):
    client.force_login(ito)
    url = reverse("pipeline:stage", args=[method.pk, key("Discovery")])
    assert client.get(url).context["facts"].rate is None
    for n in range(12):
        start = timezone.now() - timedelta(days=40)
        deal = make_deal(sato, "Discovery", at=start)
        won = n % 4 == 0
        moves_to = stage("Won" if won else "Lost")
        Deal.objects.filter(pk=deal.pk)
        with_move(deal, moves_to, sato, start + timedelta(days=8))

    facts = client.get(url).context["facts"]

    assert (facts.won, facts.closed, facts.rate, facts.days) == (3, 12, 25, 8)


def with_move(deal, to, by, at):
    from django.db import transaction

    from pipeline.models import StageMove

    with transaction.atomic():
        StageMove.objects.create(deal=deal, from_stage=deal.stage, to_stage=to, by=by, at=at)
        Deal.objects.filter(pk=deal.pk).update(stage=to, closed_at=at)


# Several pipelines -----------------------------------------------------------------------------------------


def test_a_team_begins_its_deals_in_its_own_pipeline(client, method, ito, sato, tanaka, team_one, sales):
    client.force_login(ito)
    sent = {"name_ja": "保守", "name_en": "Maintenance", "copy_of": method.pk, "teams": [team_one.pk]}
    assert client.post(reverse("pipeline:pipeline-new"), sent).status_code == 302
    own = Pipeline.objects.get(name_en="Maintenance")

    ours = deals.create_deal(name="保守契約", company=make_company("甲社"), owner=sato, by=sato)
    theirs = deals.create_deal(name="新設", company=make_company("乙社"), owner=tanaka, by=tanaka)

    assert (ours.stage.pipeline, theirs.stage.pipeline) == (own, method)
    assert own.stages.count() == 8
    assert ExitCriterion.objects.filter(stage__pipeline=own).count() == 20
    client.force_login(sato)
    assert [c.count for c in client.get(reverse("pipeline:board")).context["board"].columns] == [
        1,
        0,
        0,
        0,
        0,
        0,
    ]
    client.force_login(ito)
    assert client.get(reverse("pipeline:board")).context["board"].count == 1
    board = client.get(reverse("pipeline:board"), {"pipeline": own.pk}).context["board"]
    assert [c.deal for c in board.columns[0].cards] == [ours]
