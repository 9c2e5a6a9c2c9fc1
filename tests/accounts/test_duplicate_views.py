import re
from datetime import date

import pytest
from django.urls import reverse

from accounts import companies, contacts
from accounts.models import DuplicatePair, FactsQuestion
from activities import log
from crm.templatetags.ui import day
from tests.factories import make_deal

HTMX = {"HX-Request": "true"}
QUEUE = "accounts:duplicates"


@pytest.fixture
def pair(sato):
    for name in ("青嶺精工株式会社", "(株)青嶺精工"):
        companies.create_company({"name": name, "phone": "0263-22-1111", "owner": sato}, by=sato)
    return DuplicatePair.objects.get()


@pytest.fixture
def question(sato):
    company = companies.create_company({"name": "青嶺精機", "changed_on": date(2023, 5, 1)}, by=sato)
    companies.record_name(company, "青嶺工機", date(2023, 5, 1), by=sato)
    return FactsQuestion.objects.get()


def test_the_queue_shows_the_best_pair_first_with_its_reasons(client, pair, watanabe, sato):
    for _n in range(2):
        companies.create_company({"name": "みなと物流"}, by=sato)
    client.force_login(watanabe)

    response = client.get(reverse(QUEUE))

    assert [p.score for p in response.context["pairs"]] == [99, 80]
    assert response.context["asked"] == pair
    assert response.context["remaining"] == 2
    for text in (
        "同じ社名",
        "+50",
        "同じ電話番号",
        "+35",
        "青嶺精工株式会社",
        "(株)青嶺精工",
        "0263-22-1111",
    ):
        assert text in response.text


def test_the_heads_say_what_hangs_on_each_as_far_as_one_may_see_it(client, pair, watanabe, sato, tanaka):
    a, b = pair.company_a, pair.company_b
    for owner in (sato, sato, tanaka):
        make_deal(owner, "Discovery", a)
    make_deal(tanaka, "Discovery", b)
    log.log_activity("call", by=sato, company=a, body="話した")

    def heads(person):
        client.force_login(person)
        # The owner may decide and not merge: the same heads without a choice.
        text = client.get(reverse("accounts:duplicate", args=[pair.pk])).text
        return [
            re.sub(r"<[^>]*>", "", head)
            for head in re.findall(r'<span class="sub">([^<]*登録.*?)</span>', text)
        ]

    added = f"{day(a.created_at)} 登録"
    assert heads(sato) == [f"{added} · 案件 2 · 活動 1", f"{added} · 案件 0 · 活動 0"]
    assert heads(watanabe) == [f"{added} · 案件 3 · 活動 1", f"{added} · 案件 1 · 活動 0"]


def test_the_queue_is_for_those_who_review(client, pair, sato, kobayashi):
    for person in (sato, kobayashi):
        client.force_login(person)
        assert client.get(reverse(QUEUE)).status_code == 403


def test_an_empty_queue_says_so(client, ito):
    client.force_login(ito)
    assert "確認待ちはありません" in client.get(reverse(QUEUE)).text


def test_the_queue_costs_the_same_with_many_pairs(client, ito, django_assert_max_num_queries):
    for n in range(15):
        companies.create_company({"name": f"会社{n}"}, by=ito)
        companies.create_company({"name": f"会社{n}"}, by=ito)
    client.force_login(ito)

    with django_assert_max_num_queries(10):
        assert client.get(reverse(QUEUE)).context["remaining"] == 15


def test_what_was_put_off_waits_in_a_list_of_its_own(client, pair, question, watanabe):
    client.force_login(watanabe)
    put_off = f"{reverse(QUEUE)}?later=1"
    assert "あとに回した件はありません" in client.get(put_off).text
    client.post(reverse("accounts:duplicate-decision", args=[pair.pk]), {"state": "later"})
    client.post(reverse("accounts:question-decision", args=[question.pk]), {"state": "later"})
    assert client.get(reverse(QUEUE)).context["remaining"] == 0

    response = client.get(put_off)

    assert (response.context["pairs"], response.context["questions"]) == ([pair], [question])
    # They are decided one by one, in this list, and not put off once more.
    assert response.context["certain_count"] == 0
    decide = f"{reverse('accounts:duplicate-decision', args=[pair.pk])}?later=1"
    assert f'action="{decide}"' in response.text
    assert 'value="later"' not in response.text
    assert client.post(decide, {"state": "different"}, headers=HTMX).context["questions"] == [question]
    assert client.post(decide, {"state": "different"})["Location"] == put_off


@pytest.mark.parametrize("n", [3, 25])
def test_the_button_says_how_many_are_certain(n, client, ito, sato):
    for k in range(n):
        for _twice in range(2):
            companies.create_company(
                {"name": f"青嶺{k}精工", "phone": f"0263-22-1{k:03}", "owner": sato}, by=sato
            )
    company = companies.create_company({"name": "東雲フーズ"}, by=sato)
    for mail in ("a@shinonome.example", "b@shinonome.example"):
        contacts.create_contact(company, {"name": "森 翔太", "email": mail}, by=sato)
    client.force_login(ito)

    response = client.get(reverse(QUEUE))

    assert (response.context["remaining"], response.context["certain_count"]) == (n + 1, n)
    assert f"確実な {n} 組を統合" in response.text


def test_a_pair_that_was_decided_says_by_whom(client, pair, watanabe, ito):
    client.force_login(watanabe)
    page = reverse("accounts:duplicate", args=[pair.pk])
    assert watanabe.full_name not in client.get(page).text.split("<main")[1]
    client.post(reverse("accounts:duplicate-decision", args=[pair.pk]), {"state": "different"})

    client.force_login(ito)

    assert f"別の会社 · {watanabe.full_name}" in client.get(page).text


@pytest.mark.parametrize("state", ["different", "later"])
def test_a_decision_moves_on_to_the_next(state, client, pair, watanabe):
    client.force_login(watanabe)

    response = client.post(
        reverse("accounts:duplicate-decision", args=[pair.pk]), {"state": state}, headers=HTMX
    )

    assert response.status_code == 200
    assert "確認待ちはありません" in response.text
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == (state, watanabe)
    undo = reverse("accounts:duplicate-reopening", args=[pair.pk])
    assert undo in response.text
    client.post(undo)
    pair.refresh_from_db()
    assert pair.state == "open"


def test_a_decision_works_without_javascript(client, pair, watanabe):
    client.force_login(watanabe)

    response = client.post(reverse("accounts:duplicate-decision", args=[pair.pk]), {"state": "different"})

    assert response["Location"] == reverse(QUEUE)


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_an_answer_that_nobody_offered_is_refused(headers, client, pair, watanabe):
    client.force_login(watanabe)

    response = client.post(
        reverse("accounts:duplicate-decision", args=[pair.pk]), {"state": "merged"}, headers=headers
    )

    assert response.status_code == 422
    pair.refresh_from_db()
    assert pair.state == "open"


def test_the_owner_decides_from_the_company_s_page(client, pair, sato):
    client.force_login(sato)
    assert client.get(reverse("accounts:duplicate", args=[pair.pk])).status_code == 200

    response = client.post(
        reverse("accounts:duplicate-decision", args=[pair.pk]),
        {"state": "different", "back": pair.company_a_id},
        headers=HTMX,
    )

    assert response["HX-Redirect"] == pair.company_a.get_absolute_url()
    pair.refresh_from_db()
    assert pair.state == "different"


def test_nobody_else_decides(client, pair, takahashi, kobayashi):
    for person in (takahashi, kobayashi):
        client.force_login(person)
        assert client.get(reverse("accounts:duplicate", args=[pair.pk])).status_code == 403
        url = reverse("accounts:duplicate-decision", args=[pair.pk])
        assert client.post(url, {"state": "different"}).status_code == 403
        assert client.post(reverse("accounts:duplicate-reopening", args=[pair.pk])).status_code == 403
    pair.refresh_from_db()
    assert pair.state == "open"


def test_a_pair_with_a_company_one_may_not_see_is_not_there(client, pair, sato, watanabe, tanaka, ito):
    companies.edit_company(pair.company_a, {"owner": ito}, {}, by=ito)
    companies.restrict(pair.company_a, [], [], by=ito)
    for person, code in ((watanabe, 404), (ito, 200)):
        client.force_login(person)
        assert client.get(reverse("accounts:duplicate", args=[pair.pk])).status_code == code
        assert client.get(reverse(QUEUE)).context["remaining"] == (code == 200)


def test_two_people_of_one_company_are_compared(client, sato, ito):
    company = companies.create_company({"name": "青嶺精工"}, by=sato)
    for mail in ("a@aomine.example", "b@aomine.example"):
        contacts.create_contact(company, {"name": "田所 誠一", "email": mail}, by=sato)
    client.force_login(ito)

    response = client.get(reverse(QUEUE))

    assert "a@aomine.example" in response.text
    assert "b@aomine.example" in response.text


def test_which_name_is_the_current_one_is_decided_by_one_click(client, question, watanabe):
    client.force_login(watanabe)
    page = client.get(reverse(QUEUE)).text
    assert "どちらが今の社名ですか" in page

    response = client.post(
        reverse("accounts:question-decision", args=[question.pk]), {"state": "taken"}, headers=HTMX
    )

    assert response.status_code == 200
    question.company.refresh_from_db()
    assert question.company.name == "青嶺工機"


def test_two_addresses_are_compared_whole(client, sato, watanabe):
    ours = {"prefecture": "長野県", "city": "佐久市", "street": "岩村田1-2-3", "changed_on": date(2023, 5, 1)}
    company = companies.create_company({"name": "浅間物産", **ours}, by=sato)
    theirs = {**ours, "city": "小諸市", "street": "相生町3-4", "postal_code": "384-0025"}
    companies.append(company, {"name": "浅間物産", **theirs}, by=sato, source="台帳.xlsx")
    client.force_login(watanabe)

    page = client.get(reverse("accounts:question", args=[FactsQuestion.objects.get().pk]))

    assert [(row.a, row.b) for row in page.context["comparison"]] == [
        ("長野県佐久市岩村田1-2-3", "〒384-0025 長野県小諸市相生町3-4")
    ]
    assert "旧社名として" not in page.text


def test_a_question_that_is_decided_is_refused_with_a_reason(client, question, watanabe, ito):
    client.force_login(watanabe)
    url = reverse("accounts:question-decision", args=[question.pk])
    client.post(url, {"state": "kept"}, headers=HTMX)

    response = client.post(url, {"state": "taken"}, headers=HTMX)

    assert response.status_code == 409
    question.company.refresh_from_db()
    assert question.company.name == "青嶺精機"


def test_a_question_is_for_those_who_may_decide(client, question, takahashi, kobayashi):
    client.force_login(kobayashi)
    assert client.get(reverse("accounts:question", args=[question.pk])).status_code == 403
    url = reverse("accounts:question-decision", args=[question.pk])
    assert client.post(url, {"state": "taken"}).status_code == 403
    question.refresh_from_db()
    assert question.state == "open"
