import pytest
from django.urls import reverse

from accounts import companies, contacts
from accounts.models import Company, DuplicatePair
from staff import search
from staff.models import Event
from tests.factories import make_deal

HTMX = {"HX-Request": "true"}


@pytest.fixture
def aomine(sato):
    return companies.create_company(
        {
            "name": "青嶺精工株式会社",
            "kana": "アオミネセイコウ",
            "phone": "0263-22-1111",
            "industry": "精密部品",
            "prefecture": "長野県",
            "city": "松本市",
            "owner": sato,
        },
        by=sato,
    )


@pytest.fixture
def secret(tanaka):
    company = companies.create_company(
        {"name": "秘密商事", "phone": "03-1234-5678", "owner": tanaka}, by=tanaka
    )
    return companies.restrict(company, [], [], by=tanaka)


# The list ----------------------------------------------------------------------------------------


def test_the_list_shows_companies_with_the_open_deals_one_may_see(client, aomine, sato, tanaka):
    make_deal(sato, company=aomine, amount=12_800_000)
    make_deal(tanaka, company=aomine, amount=5_000_000)
    client.force_login(sato)

    response = client.get(reverse("accounts:companies"))

    row = response.context["page"].rows[0]
    assert (row.name, row.open_count, row.open_amount) == ("青嶺精工株式会社", 1, 12_800_000)
    assert "¥1,280万" in response.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["青嶺精工株式会社", "みなと物流"]),
        ("?q=青嶺", ["青嶺精工株式会社"]),
        ("?q=あおみね", ["青嶺精工株式会社"]),
        ("?q=0263221111", ["青嶺精工株式会社"]),
        ("?prefecture=長野県", ["青嶺精工株式会社"]),
        ("?industry=精密部品", ["青嶺精工株式会社"]),
        ("?owner=none", ["みなと物流"]),
        ("?owner=me", ["青嶺精工株式会社"]),
        ("?deals=yes", ["みなと物流"]),
        ("?sort=newest", ["みなと物流", "青嶺精工株式会社"]),
        # Nobody offered these: they count as none.
        ("?prefecture=nowhere&owner=x&deals=no&sort=owner__password", ["青嶺精工株式会社", "みなと物流"]),
        ("?after=nonsense&q=%00", ["青嶺精工株式会社", "みなと物流"]),
    ],
)
def test_the_list_is_narrowed_and_sorted_by_what_was_declared(query, found, client, aomine, sato):
    other = companies.create_company({"name": "みなと物流"}, by=sato)
    make_deal(sato, company=other)
    client.force_login(sato)

    response = client.get(reverse("accounts:companies") + query)

    assert [row.name for row in response.context["page"].rows] == found
    assert response.context["listing"].count == len(found)


def test_a_restricted_company_is_nowhere_for_others(client, secret, sato, tanaka, ito):
    for person, seen in ((sato, False), (tanaka, True), (ito, True)):
        client.force_login(person)
        assert ("秘密商事" in client.get(reverse("accounts:companies")).text) is seen
        assert ("秘密商事" in client.get(reverse("search") + "?q=秘密", headers=HTMX).text) is seen
        assert client.get(secret.get_absolute_url()).status_code == (200 if seen else 404)
        edit = reverse("accounts:company-fact", args=[secret.pk, "industry"])
        assert client.get(edit, headers=HTMX).status_code == (200 if seen else 404)


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_costs_eight_statements_at_most(rows, client, sato, django_assert_max_num_queries):
    companies.create_many([{"name": f"会社{n}", "owner": sato} for n in range(rows)], by=sato)
    client.force_login(sato)

    with django_assert_max_num_queries(8):
        assert client.get(reverse("accounts:companies")).status_code == 200


def test_pages_of_the_list_follow_each_other(client, sato):
    companies.create_many([{"name": f"会社{n:03}"} for n in range(120)], by=sato)
    client.force_login(sato)
    url, seen = reverse("accounts:companies"), []

    page = client.get(url).context["page"]
    while True:
        seen += [row.name for row in page.rows]
        if not page.after:
            break
        page = client.get(url, {"after": page.after}).context["page"]

    assert seen == [f"会社{n:03}" for n in range(120)]


def test_the_filters_offer_what_is_in_use(client, aomine, sato):
    client.force_login(sato)

    response = client.get(reverse("accounts:companies-filters"), headers=HTMX)

    assert response.context["industries"] == ["精密部品"]
    assert "佐藤 美咲" in response.text


def test_an_empty_list_says_what_to_do(client, sato):
    client.force_login(sato)
    assert reverse("accounts:company-new") in client.get(reverse("accounts:companies")).text
    assert client.get(reverse("accounts:companies") + "?q=無い").status_code == 200


# The page ----------------------------------------------------------------------------------------


def test_the_page_shows_the_tree_with_rolled_up_amounts(client, aomine, sato, tanaka):
    division = companies.add_division(aomine, "生産本部", by=sato)
    site = companies.add_site(aomine, "第二工場", division=division, by=sato)
    contacts.create_contact(aomine, {"name": "田所 誠一", "site": site, "decision_role": "decides"}, by=sato)
    contacts.create_contact(aomine, {"name": "三浦 恵"}, by=sato)
    make_deal(sato, company=aomine, site=site, amount=12_800_000)
    make_deal(sato, company=aomine, amount=3_400_000)
    make_deal(tanaka, company=aomine, amount=99_000_000)
    client.force_login(sato)

    response = client.get(aomine.get_absolute_url())

    tree = response.context["tree"].root
    assert (tree.amount, tree.deals, tree.headcount) == (16_200_000, 2, 2)
    [production] = tree.children
    assert (production.label, production.amount) == ("生産本部", 12_800_000)
    assert [p.family_name for p in production.children[0].people] == ["田所"]
    assert "第二工場" in response.text


@pytest.mark.parametrize("people", [1, 10, 50])
def test_the_page_costs_fourteen_statements_at_most(
    people, client, aomine, sato, django_assert_max_num_queries
):
    site = companies.add_site(aomine, "第二工場", by=sato)
    contacts.create_many([(aomine, {"name": f"田所 {n}", "site": site}) for n in range(people)], by=sato)
    client.force_login(sato)

    with django_assert_max_num_queries(14):
        assert client.get(aomine.get_absolute_url()).status_code == 200


def test_a_company_of_a_colleague_is_read_and_not_edited(client, aomine, takahashi):
    client.force_login(takahashi)

    assert 'value="industry"' not in client.get(aomine.get_absolute_url()).text
    url = reverse("accounts:company-fact", args=[aomine.pk, "industry"])
    response = client.post(url, {"industry": "製造", "base-industry": "精密部品"}, headers=HTMX)

    assert response.status_code == 403
    aomine.refresh_from_db()
    assert aomine.industry == "精密部品"


def test_the_hint_names_the_other_company_with_its_reasons(client, aomine, sato):
    companies.create_company({"name": "(株)青嶺精工", "phone": "0263-22-1111"}, by=sato)
    client.force_login(sato)

    response = client.get(aomine.get_absolute_url())

    assert response.context["hint"].other.name == "(株)青嶺精工"
    assert "同じ社名" in response.text
    assert "同じ電話番号" in response.text


def test_a_hint_about_a_company_one_may_not_see_stays_neutral(client, secret, sato, ito):
    mine = companies.create_company(
        {"name": "株式会社秘密商事", "phone": "03-1234-5678", "owner": sato}, by=sato
    )
    client.force_login(sato)

    page = client.get(mine.get_absolute_url()).text

    assert "確認待ち" in page
    assert secret.get_absolute_url() not in page
    client.force_login(ito)
    assert secret.get_absolute_url() in client.get(mine.get_absolute_url()).text


# In place ----------------------------------------------------------------------------------------


def test_a_fact_is_edited_in_place(client, aomine, sato):
    client.force_login(sato)
    url = reverse("accounts:company-fact", args=[aomine.pk, "phone"])

    form = client.get(url + "?edit=1", headers=HTMX).text
    assert 'value="0263-22-1111"' in form
    assert 'name="base-phone" value="+81263221111"' in form
    response = client.post(url, {"phone": "0263-22-2222", "base-phone": "+81263221111"}, headers=HTMX)

    assert response.status_code == 200
    assert "0263-22-2222" in response.text
    aomine.refresh_from_db()
    assert aomine.phone == "+81263222222"


def test_a_fact_is_edited_without_javascript(client, aomine, sato):
    client.force_login(sato)
    assert 'name="industry"' in client.get(aomine.get_absolute_url() + "?edit=industry").text

    response = client.post(
        reverse("accounts:company-fact", args=[aomine.pk, "industry"]),
        {"industry": "製造", "base-industry": "精密部品"},
    )

    assert response.status_code == 302
    assert response["Location"] == aomine.get_absolute_url()
    aomine.refresh_from_db()
    assert aomine.industry == "製造"


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_wrong_value_is_named_and_kept_for_correction(headers, client, aomine, sato):
    client.force_login(sato)

    response = client.post(
        reverse("accounts:company-fact", args=[aomine.pk, "corporate_number"]),
        {"corporate_number": "1234567890123", "base-corporate_number": ""},
        headers=headers,
    )

    assert response.status_code == 422
    assert "1234567890123" in response.text
    assert "13桁" in response.text
    aomine.refresh_from_db()
    assert aomine.corporate_number == ""


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_clash_shows_both_values_and_writes_none(headers, client, aomine, sato, ito):
    companies.edit_company(aomine, {"industry": "機械"}, {}, by=ito)
    client.force_login(sato)

    response = client.post(
        reverse("accounts:company-fact", args=[aomine.pk, "industry"]),
        {"industry": "製造", "base-industry": "精密部品"},
        headers=headers,
    )

    assert response.status_code == 409
    assert "機械" in response.text
    assert "製造" in response.text
    assert 'name="base-industry" value="機械"' in response.text
    aomine.refresh_from_db()
    assert aomine.industry == "機械"


def test_an_unknown_fact_is_not_there(client, aomine, sato):
    client.force_login(sato)
    assert client.get(reverse("accounts:company-fact", args=[aomine.pk, "version"])).status_code == 404


def test_who_sees_a_company_is_changed_by_its_owner(client, aomine, sato, takahashi, tanaka):
    url = reverse("accounts:company-access", args=[aomine.pk])
    client.force_login(takahashi)
    assert client.post(url, {"is_restricted": "on"}).status_code == 403
    client.force_login(sato)

    assert client.post(url, {"is_restricted": "on", "people": [tanaka.pk]}).status_code == 302

    aomine.refresh_from_db()
    assert aomine.is_restricted
    assert Company.objects.visible_to(tanaka).exists()
    assert not Company.objects.visible_to(takahashi).exists()


# Divisions, sites, people ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("company-division", {"name": "生産本部"}),
        ("company-site", {"name": "第二工場", "address": "長野県松本市中央1-2-3"}),
        ("contact-new", {"name": "田所 誠一", "email": "t@aomine.example"}),
    ],
)
def test_what_hangs_below_a_company_is_added_by_those_who_sell(
    name, data, client, aomine, takahashi, kobayashi
):
    url = reverse(f"accounts:{name}", args=[aomine.pk])
    client.force_login(kobayashi)
    assert client.post(url, data).status_code == 403
    client.force_login(takahashi)
    assert client.get(url, headers=HTMX).status_code == 200
    assert client.get(url).status_code == 200
    assert client.post(url, {"name": ""}, headers=HTMX).status_code == 422

    response = client.post(url, data, headers=HTMX)

    assert response["HX-Redirect"] == aomine.get_absolute_url()
    assert aomine.divisions.count() + aomine.sites.count() + aomine.contacts.count() == 1


def test_a_wrong_mail_address_is_named_at_its_field(client, aomine, sato):
    client.force_login(sato)

    response = client.post(
        reverse("accounts:contact-new", args=[aomine.pk]), {"name": "田所 誠一", "email": "x"}, headers=HTMX
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["email"]
    assert not aomine.contacts.exists()


def test_a_person_s_page_is_edited_in_place(client, aomine, sato):
    person = contacts.create_contact(aomine, {"name": "田所 誠一", "title": "課長"}, by=sato)
    client.force_login(sato)
    assert "田所 誠一" in client.get(person.get_absolute_url()).text
    data = {"department": "", "title": "部長", "decision_role": "decides"}
    base = {"base-department": "", "base-title": "課長", "base-decision_role": ""}

    response = client.post(
        reverse("accounts:contact-fact", args=[person.pk, "work"]), {**data, **base}, headers=HTMX
    )

    assert response.status_code == 200
    person.refresh_from_db()
    assert (person.title, person.decision_role) == ("部長", "decides")


def test_people_of_a_restricted_company_are_hidden_with_it(client, secret, sato, tanaka):
    person = contacts.create_contact(secret, {"name": "田所 誠一"}, by=tanaka)
    client.force_login(sato)

    assert client.get(person.get_absolute_url()).status_code == 404
    assert "田所 誠一" not in client.get(reverse("search") + "?q=田所", headers=HTMX).text


# A new one ---------------------------------------------------------------------------------------


def test_a_new_company_asks_five_fields_and_belongs_to_whoever_adds_it(client, sato):
    client.force_login(sato)
    page = client.get(reverse("accounts:company-new"))
    assert len(page.context["form"].fields) - 1 == 5

    response = client.post(
        reverse("accounts:company-new"),
        {
            "name": "青嶺精工",
            "phone": "0263-22-1111",
            "domain": "aomine-seiko.co.jp",
            "address": "長野県松本市中央1",
        },
    )

    company = Company.objects.get()
    assert response["Location"] == company.get_absolute_url()
    assert (company.owner, company.city, company.domain) == (sato, "松本市", "aomine-seiko.co.jp")


def test_one_that_is_there_already_is_shown_before_it_is_made_twice(client, aomine, sato):
    client.force_login(sato)
    data = {"name": "㈱青嶺精工", "phone": "0263(22)1111"}

    refused = client.post(reverse("accounts:company-new"), data, headers=HTMX)

    assert refused.status_code == 422
    assert aomine.get_absolute_url() in refused.text
    assert Company.objects.count() == 1
    made = client.post(reverse("accounts:company-new"), {**data, "is_another": "on"}, headers=HTMX)
    assert made["HX-Redirect"]
    assert Company.objects.count() == 2
    assert DuplicatePair.objects.get().score == 99


def test_the_same_form_sent_twice_makes_one_company(client, sato):
    client.force_login(sato)
    data = {"name": "青嶺精工", "once": "6f1c0c1e-7c0d-4a57-9d9d-1f6a3c8d2b11"}

    first = client.post(reverse("accounts:company-new"), data)
    second = client.post(reverse("accounts:company-new"), data)

    assert first["Location"] == second["Location"]
    assert Company.objects.count() == 1
    assert Event.objects.filter(kind="company.created").count() == 1


def test_a_corporate_number_of_a_company_one_may_not_see_waits_for_a_check(client, tanaka, sato):
    hidden = companies.create_company({"name": "秘密商事", "corporate_number": "7010601060823"}, by=tanaka)
    companies.restrict(hidden, [], [], by=tanaka)
    client.force_login(sato)

    response = client.post(
        reverse("accounts:company-new"), {"name": "別名", "corporate_number": "7010601060823"}, headers=HTMX
    )

    assert response.status_code == 422
    assert "確認待ち" in response.text
    assert "秘密商事" not in response.text
    assert Company.objects.count() == 1


def test_the_hint_while_typing_costs_four_statements(client, aomine, sato, django_assert_max_num_queries):
    client.force_login(sato)

    with django_assert_max_num_queries(4):
        response = client.get(
            reverse("accounts:company-similar"), {"name": "青嶺精工", "phone": "02"}, headers=HTMX
        )

    assert "青嶺精工株式会社" in response.text


def test_the_hint_while_typing_hides_what_one_may_not_see(client, secret, sato):
    client.force_login(sato)

    text = client.get(reverse("accounts:company-similar"), {"name": "秘密商事"}, headers=HTMX).text

    assert "確認待ち" in text
    assert secret.get_absolute_url() not in text


def test_who_does_not_sell_adds_no_company(client, kobayashi):
    client.force_login(kobayashi)
    assert client.get(reverse("accounts:company-new")).status_code == 403
    assert client.post(reverse("accounts:company-new"), {"name": "青嶺精工"}).status_code == 403
    assert not Company.objects.exists()


def test_of_two_who_decide_who_sees_a_company_the_second_looks_again(client, aomine, ito, sato, tanaka):
    url = reverse("accounts:company-access", args=[aomine.pk])
    client.force_login(ito)
    seen = client.get(url).context["form"]["seen"].value()
    companies.restrict(aomine, [tanaka], [], by=sato)

    response = client.post(
        url, {"is_restricted": "on", "people": [sato.pk], "seen": seen}, headers={"HX-Request": "true"}
    )

    assert response.status_code == 422
    assert "ほかの人が先に変えました" in response.content.decode()
    assert [row.user for row in aomine.access_list.all()] == [tanaka]
    again = response.context["form"]
    assert again["people"].value() == [str(sato.pk)]
    typed = {"is_restricted": "on", "people": again["people"].value(), "seen": again["seen"].value()}
    assert client.post(url, typed).status_code == 302
    assert [row.user for row in aomine.access_list.all()] == [sato]


def test_a_division_is_found_merged_and_removed_from_its_page(client, aomine, sato, kobayashi):
    division = companies.add_division(aomine, "生産本部", by=sato)
    links = [
        reverse("accounts:merge-partner", args=["division", division.pk]),
        reverse("accounts:removal", args=["division", division.pk]),
    ]
    client.force_login(sato)

    [(source, hits)] = search.find(sato, "生産本部")
    page = client.get(hits[0].url).content.decode()

    assert (source.kind, hits[0].title) == ("division", "生産本部")
    assert all(link in page for link in links)
    client.post(links[1], {"seen": division.version})
    division.refresh_from_db()
    assert division.deleted_at is not None
    assert search.find(sato, "生産本部") == []
    client.force_login(kobayashi)
    assert not any(link in client.get(aomine.get_absolute_url()).content.decode() for link in links)
