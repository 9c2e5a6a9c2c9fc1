"""The deal's own page: what it shows, editing in place, files, and what it costs."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pipeline import deals, exit_criteria
from pipeline.models import CriterionAnswer, Deal, DealFile
from staff.models import Event
from tests.factories import criterion, make_company, make_contact, make_deal, stage


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def deal(sato):
    company = make_company()
    return make_deal(
        sato, "Discovery", company, name="検査ライン更新", amount=12_800_000, contact=make_contact(company)
    )


@pytest.fixture
def browser(client, sato):
    client.force_login(sato)
    return client


def test_the_page_says_what_is_missing_to_go_on(browser, deal, sato):
    exit_criteria.answer(deal, criterion("issue"), "目視検査の見逃し 月12件", by=sato)

    response = browser.get(deal.get_absolute_url())

    page = response.content.decode()
    assert response.status_code == 200
    assert [c.code for c in response.context["unmet"]] == ["decision_maker", "budget", "timing", "competitor"]
    assert "目視検査の見逃し 月12件" in page
    assert 'aria-disabled="true"' in page
    assert "あと4件: 意思決定者、予算、導入時期、競合" in page


@pytest.mark.parametrize(("person", "status"), [("tanaka", 404), ("takahashi", 200), ("kobayashi", 200)])
def test_who_sees_the_page(client, deal, person, status, request):
    client.force_login(request.getfixturevalue(person))

    assert client.get(deal.get_absolute_url()).status_code == status


def test_who_may_not_edit_is_told_why_and_finds_no_forms(client, deal, kobayashi):
    client.force_login(kobayashi)

    page = client.get(deal.get_absolute_url()).content.decode()

    assert "/facts/" not in page
    assert "removal" not in page
    assert (
        client.post(reverse("pipeline:deal-fact", args=[deal.pk, "amount"]), {"amount": "1"}).status_code
        == 403
    )
    assert client.post(reverse("pipeline:deal-files", args=[deal.pk])).status_code == 403
    assert Deal.objects.get(pk=deal.pk).amount == 12_800_000


def test_deals_of_a_restricted_company_are_hidden_from_colleagues(client, deal, takahashi, tanaka):
    deal.company.is_restricted, deal.company.owner = True, tanaka
    deal.company.save()
    client.force_login(takahashi)

    assert client.get(deal.get_absolute_url()).status_code == 404


def edit(browser, deal, name, value, base, headers=None):
    url = reverse("pipeline:deal-fact", args=[deal.pk, name])
    return browser.post(url, {name: value, "base": base}, headers=headers or {})


def test_a_field_is_edited_in_place_and_the_toast_takes_it_back(browser, deal):
    edit(browser, deal, "amount", "1,400万", "12,800,000")

    deal.refresh_from_db()
    assert (deal.amount, deal.weighted_amount) == (14_000_000, 3_500_000)
    event = Event.objects.get(kind="deal.edited")
    page = browser.get(deal.get_absolute_url()).content.decode()
    assert "金額 ¥12,800,000 → ¥14,000,000" in page
    assert reverse("pipeline:edit-undo", args=[deal.pk, event.pk]) in page

    browser.post(reverse("pipeline:edit-undo", args=[deal.pk, event.pk]))
    deal.refresh_from_db()
    assert deal.amount == 12_800_000


def test_a_day_in_the_japanese_era_is_understood(browser, deal):
    edit(browser, deal, "close_on", "令和9年3月31日", "")

    assert Deal.objects.get(pk=deal.pk).close_on.isoformat() == "2027-03-31"


def test_two_people_who_edit_different_fields_both_win(browser, deal, watanabe):
    deals.edit_deal(deal, {"competitor": "A社"}, {"competitor": ""}, by=watanabe)

    edit(browser, deal, "budget", "1300万", "")

    deal.refresh_from_db()
    assert (deal.competitor, deal.budget) == ("A社", 13_000_000)


def test_two_people_who_edit_the_same_field_see_both_values_and_choose(browser, deal, watanabe):
    deals.edit_deal(deal, {"amount": 9_600_000}, {"amount": 12_800_000}, by=watanabe)

    refused = edit(browser, deal, "amount", "920万", "12,800,000", {"HX-Request": "true"})

    page = refused.content.decode()
    assert refused.status_code == 409
    assert "¥9,600,000" in page
    assert "¥9,200,000" in page
    assert Deal.objects.get(pk=deal.pk).amount == 9_600_000

    edit(browser, deal, "amount", "920万", "9,600,000")  # 自分の値にする
    assert Deal.objects.get(pk=deal.pk).amount == 9_200_000


def test_a_bad_value_is_refused_in_words_and_kept_in_the_form(browser, deal):
    refused = edit(browser, deal, "amount", "だいたい", "12,800,000", {"HX-Request": "true"})

    assert refused.status_code == 422
    assert 'value="だいたい"' in refused.content.decode()
    assert Deal.objects.get(pk=deal.pk).amount == 12_800_000


def test_only_declared_fields_can_be_edited(browser, deal):
    for name in ("stage", "owner", "version", "probability"):
        assert browser.get(reverse("pipeline:deal-fact", args=[deal.pk, name])).status_code == 404


def test_an_answer_is_written_with_the_words_it_was_heard_in(browser, deal, sato):
    url = reverse("pipeline:deal-criterion", args=[deal.pk, criterion("issue").pk])

    browser.post(url, {f"c{criterion('issue').pk}": "見逃し", "evidence": "「夜勤で見逃す」7/9 田所様"})

    answer = CriterionAnswer.objects.get(deal=deal)
    assert (answer.value, answer.evidence, answer.answered_by) == (
        "見逃し",
        "「夜勤で見逃す」7/9 田所様",
        sato,
    )
    assert Deal.objects.get(pk=deal.pk).criteria_met == 1

    browser.post(url, {f"c{criterion('issue').pk}": ""})  # emptied: taken back
    assert not CriterionAnswer.objects.exists()
    assert Deal.objects.get(pk=deal.pk).criteria_met == 0


def test_a_colleague_of_the_team_may_answer_but_not_edit_fields(client, deal, takahashi):
    client.force_login(takahashi)
    answer = reverse("pipeline:deal-criterion", args=[deal.pk, criterion("issue").pk])
    budget = reverse("pipeline:deal-criterion", args=[deal.pk, criterion("budget").pk])

    assert client.post(answer, {f"c{criterion('issue').pk}": "見逃し"}).status_code == 302
    assert client.post(budget, {f"c{criterion('budget').pk}": "1300万"}).status_code == 403
    assert Deal.objects.get(pk=deal.pk).budget is None


@pytest.mark.parametrize(("code", "first", "second", "theirs"), [
    ("issue", "見逃し", "人手不足", "見逃し"), ("budget", "1300万", "900万", "¥13,000,000"),
])  # fmt: skip
def test_an_answer_of_somebody_else_meanwhile_is_shown_and_not_replaced(
    browser, deal, client, sato, watanabe, code, first, second, theirs
):
    asked = criterion(code)
    url = reverse("pipeline:deal-criterion", args=[deal.pk, asked.pk])
    seen = browser.get(url).context["seen"]
    client.force_login(watanabe)
    assert client.post(url, {f"c{asked.pk}": first, "seen": seen}).status_code == 302
    client.force_login(sato)
    before = Deal.objects.get(pk=deal.pk)

    refused = browser.post(url, {f"c{asked.pk}": second, "seen": seen})

    page = refused.content.decode()
    assert refused.status_code == 409
    assert theirs in page
    assert second in page
    after = Deal.objects.get(pk=deal.pk)
    assert (after.version, after.budget) == (before.version, before.budget)
    assert not CriterionAnswer.objects.filter(value=second).exists()
    again = {f"c{asked.pk}": second, "seen": refused.context["seen"]}
    assert browser.post(url, again).status_code == 302
    assert browser.get(url).context["status"].value != ""
    assert CriterionAnswer.objects.filter(value=second).exists() == (code == "issue")


# Files -------------------------------------------------------------------------------------------


def attach(browser, deal, name="見積書.pdf", content=b"%PDF", kind="quote"):
    url = reverse("pipeline:deal-files", args=[deal.pk])
    return browser.post(url, {"kind": kind, "content": SimpleUploadedFile(name, content)})


def test_a_file_comes_back_as_a_download_that_cannot_run(browser, deal):
    attach(browser, deal, "<script>.html", b"<script>alert(1)</script>", "other")
    kept = DealFile.objects.get()

    response = browser.get(reverse("pipeline:deal-file", args=[deal.pk, kept.pk]))

    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "script" not in kept.content.name


def test_a_file_is_seen_by_those_who_see_the_deal(client, browser, deal, tanaka, takahashi):
    attach(browser, deal)
    kept = DealFile.objects.get()
    url = reverse("pipeline:deal-file", args=[deal.pk, kept.pk])

    client.force_login(takahashi)
    assert client.get(url).status_code == 200
    client.force_login(tanaka)
    assert client.get(url).status_code == 404
    own = make_deal(tanaka)
    assert client.get(reverse("pipeline:deal-file", args=[own.pk, kept.pk])).status_code == 404
    assert client.post(reverse("pipeline:file-removal", args=[deal.pk, kept.pk])).status_code == 404
    assert DealFile.objects.get().deleted_at is None


def test_a_removed_file_can_be_put_back(browser, deal, sato):
    deal = make_deal(sato, "Quote", name="充填機")
    attach(browser, deal)
    kept = DealFile.objects.get()
    assert Deal.objects.get(pk=deal.pk).criteria_met == 1

    browser.post(reverse("pipeline:file-removal", args=[deal.pk, kept.pk]))
    assert Deal.objects.get(pk=deal.pk).criteria_met == 0
    assert browser.get(reverse("pipeline:deal-file", args=[deal.pk, kept.pk])).status_code == 404

    browser.post(reverse("pipeline:file-restoration", args=[deal.pk, kept.pk]))
    assert Deal.objects.get(pk=deal.pk).criteria_met == 1


def test_a_file_that_is_too_large_is_refused_in_words(browser, deal, monkeypatch):
    monkeypatch.setattr("staff.files.LIMIT_BYTES", 10)

    refused = attach(browser, deal, content=b"x" * 11)

    assert refused.status_code == 422
    assert "25MBを超えています" in refused.content.decode()
    assert not DealFile.objects.exists()


# Cost --------------------------------------------------------------------------------------------


def test_a_long_history_costs_no_more_statements(browser, deal, sato):
    counts = []
    for n in (1, 30):
        for i in range(n):
            make_contact(deal.company, given_name=f"{n}-{i}")
            exit_criteria.answer(deal, criterion("issue"), f"{n}-{i}", by=sato)
            attach(browser, deal, f"{n}-{i}.pdf")
        browser.get(deal.get_absolute_url())  # shows the waiting toasts
        with CaptureQueriesContext(connection) as captured:
            browser.get(deal.get_absolute_url())
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 14, "\n".join(q["sql"][:150] for q in captured.captured_queries)


def test_the_days_of_each_stage_are_told(browser, deal, sato):
    response = browser.get(deal.get_absolute_url())

    steps = {step.stage.name_en: step.state for step in response.context["steps"]}
    assert steps["Discovery"] == "current"
    assert steps["Proposal"] == "ahead"
    assert "Lost" not in steps
    assert response.context["days"] == (timezone.localdate() - timezone.localdate(deal.created_at)).days + 1
    assert stage("Proposal").name_ja in response.content.decode()


def test_a_file_whose_bytes_are_gone_is_not_there(browser, deal):
    attach(browser, deal)
    kept = DealFile.objects.get()
    kept.content.storage.delete(kept.content.name)

    assert browser.get(reverse("pipeline:deal-file", args=[deal.pk, kept.pk])).status_code == 404
