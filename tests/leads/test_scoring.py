from decimal import Decimal

from accounts.models import Channel
from leads import editing, intake, scoring
from leads.models import Touch


def receive(by, channel="referral", **values):
    values.setdefault("company_name", "みなと物流株式会社")
    return intake.receive_lead(values, channel=Channel.objects.get(code=channel), by=by)


def test_the_score_is_what_it_is_and_did_times_how_it_came(sato):
    lead = receive(sato, industry="物流", employees=210, title="物流企画課長")
    for kind in (Touch.Kind.DOWNLOAD, Touch.Kind.PRICING, Touch.Kind.PRICING):
        intake.add_touch(lead, kind, by=sato)

    lead.refresh_from_db()
    # (9 + 8 + 7 + 18 + 20 + 16) × 1.2 = 93.6
    assert lead.score == 94
    assert [r["points"] for r in lead.score_reasons["attribute"]] == [8, 9, 7]
    assert sorted(r["points"] for r in lead.score_reasons["behaviour"]) == [16, 18, 20]
    assert lead.score_reasons["coefficient"] == "1.20"


def test_of_one_subject_only_the_best_rule_counts(sato):
    lead = receive(sato, channel="ad")
    intake.add_touch(lead, Touch.Kind.PRICING, by=sato)
    intake.add_touch(lead, Touch.Kind.PRICING, by=sato)

    lead.refresh_from_db()
    assert [r["label_en"] for r in lead.score_reasons["behaviour"]] == ["Pricing page, twice or more"]
    assert lead.score == 13  # 16 × 0.8 = 12.8


def test_the_score_ends_at_a_hundred(sato):
    lead = receive(sato, industry="製造", employees=500, title="社長")
    for kind in (Touch.Kind.DOWNLOAD, Touch.Kind.FORM, Touch.Kind.WEBINAR):
        intake.add_touch(lead, kind, by=sato)

    lead.refresh_from_db()
    assert lead.score == 100


def test_a_corrected_lead_is_scored_anew(sato):
    lead = receive(sato)
    assert lead.score == 22  # 18 × 1.2

    lead = editing.edit_lead(lead, {"title": "工場長"}, {"title": ""}, by=sato)

    lead.refresh_from_db()
    assert lead.score == 32  # (9 + 18) × 1.2 = 32.4


def test_the_breakdown_adds_up_to_the_score(sato):
    shown = scoring.breakdown(receive(sato, industry="物流", employees=210, title="課長"))

    assert (shown["attribute_sum"], shown["behaviour_sum"], shown["coefficient"]) == (24, 18, Decimal("1.2"))
    assert [r["points"] for r in shown["attribute"]] == [9, 8, 7]
