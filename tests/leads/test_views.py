import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import companies
from accounts.models import Channel, Company
from leads import editing, intake
from leads.models import AssignmentRule, FirstContactRule, Lead
from pipeline.models import Deal
from tests.factories import criterion, make_lead

HX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def lead(sato):
    return intake.receive_lead(
        {
            "company_name": "みなと物流株式会社",
            "family_name": "成田",
            "given_name": "翔",
            "title": "物流企画課長",
            "phone": "045-201-3344",
            "interest": "仕分け機を更新したい",
        },
        channel=Channel.objects.get(code="referral"),
        by=sato,
        owner=sato,
    )


def url(name, *args):
    return reverse(f"leads:{name}", args=args)


def as_user(client, user):
    client.force_login(user)
    return client


def names(response):
    return [row.lead.short_name for row in response.context["list"].rows]


# The list ----------------------------------------------------------------------------------------


def test_the_nearest_deadline_stands_first_and_the_contacted_last(client, sato):
    now = timezone.now()
    make_lead(sato, "葵メディカル", first_contact_due_at=now + timedelta(hours=17))
    make_lead(sato, "三和テクニカ", first_contact_due_at=now - timedelta(hours=1))
    make_lead(sato, "木曽精密", state="contacted", first_contacted_at=now, first_contact_due_at=now)

    response = as_user(client, sato).get(url("leads"))

    assert names(response) == ["三和テクニカ", "葵メディカル", "木曽精密"]
    assert response.context["lead"].short_name == "三和テクニカ"
    assert "sla--bad" in response.content.decode()


def test_days_or_a_state_in_the_address_mean_all_leads_of_them(client, sato):
    now = timezone.now()
    make_lead(sato, "葵メディカル", received_at=now)
    make_lead(sato, "三和テクニカ", state="nurture", received_at=now)
    make_lead(sato, "木曽精密", state="disqualified", received_at=now - timedelta(days=400))
    make_lead(sato, "消した会社", received_at=now, deleted_at=now)
    day = timezone.localdate(now).isoformat()
    seen = as_user(client, sato)

    assert names(seen.get(url("leads"), {"from": day, "to": day})) == ["三和テクニカ", "葵メディカル"]
    assert names(seen.get(url("leads"), {"state": "decided"})) == ["三和テクニカ", "木曽精密"]
    assert names(seen.get(url("leads"), {"state": "new"})) == ["葵メディカル"]
    assert names(seen.get(url("leads"), {"state": "nonsense", "from": "いつか"})) == ["葵メディカル"]


def test_days_may_be_those_of_the_first_contact_deadline(client, sato):
    now = timezone.now()
    due, spoken = (
        now - timedelta(days=3),
        {"first_contacted_at": now - timedelta(days=4), "state": "contacted"},
    )
    make_lead(sato, "間に合った", received_at=now - timedelta(days=5), first_contact_due_at=due, **spoken)
    make_lead(
        sato,
        "遅れた",
        received_at=now - timedelta(days=9),
        first_contact_due_at=now - timedelta(days=7),
        **spoken,
    )
    make_lead(sato, "待っている", received_at=now - timedelta(days=5), first_contact_due_at=due)
    make_lead(sato, "先に対象外", received_at=now, first_contact_due_at=due, state="disqualified")
    make_lead(sato, "まだ先", received_at=now, first_contact_due_at=now + timedelta(days=1))
    day = timezone.localdate(due).isoformat()
    seen = as_user(client, sato)

    def listed(**query):
        return sorted(names(seen.get(url("leads"), query)))

    assert listed(**{"days": "due", "state": "clocked", "from": day, "to": day}) == [
        "待っている",
        "間に合った",
    ]
    assert listed(state="late") == ["待っている", "遅れた"]
    assert listed(days="nonsense", state="late") == ["待っている", "遅れた"]


def test_views_show_their_leads(client, sato, takahashi):
    now = timezone.now()
    make_lead(sato, "今日中", first_contact_due_at=now + timedelta(hours=3))
    make_lead(takahashi, "来週", first_contact_due_at=now + timedelta(days=6))
    editing.nurture(make_lead(sato, "育成"), by=sato)
    editing.disqualify(make_lead(sato, "対象外"), "競合の調査", by=sato)
    as_user(client, sato)

    found = {
        key: names(client.get(url("leads"), {"view": key})) for key in ("soon", "mine", "nurture", "out")
    }

    assert found == {"soon": ["今日中"], "mine": ["今日中"], "nurture": ["育成"], "out": ["対象外"]}
    tabs = client.get(url("leads")).context["tabs"]
    assert [(tab["key"], tab["count"]) for tab in tabs] == [
        ("week", 2), ("soon", 1), ("mine", None), ("nurture", 1), ("out", None), ("all", None),
    ]  # fmt: skip


def test_filters_and_orders_are_those_that_are_declared(client, sato):
    referral, ad = Channel.objects.get(code="referral"), Channel.objects.get(code="ad")
    make_lead(sato, "紹介", channel=referral, score=20)
    make_lead(sato, "広告", channel=ad, score=80)
    as_user(client, sato)

    assert names(client.get(url("leads"), {"channel": ad.pk})) == ["広告"]
    assert names(client.get(url("leads"), {"sort": "score"})) == ["広告", "紹介"]
    bad = {"channel": "1 OR 1=1", "sort": "owner__password", "view": "all", "after": "xyz", "lead": "x"}
    assert len(names(client.get(url("leads"), bad))) == 2
    assert names(client.get(url("leads"), {"channel": "9" * 18})) == []


def test_pages_follow_each_other(client, sato):
    now = timezone.now()
    for n in range(60):
        make_lead(sato, f"会社{n:02}", first_contact_due_at=now + timedelta(hours=n))
    as_user(client, sato)

    first = client.get(url("leads"))
    second = client.get(url("leads"), {"after": first.context["list"].page.after})

    assert names(first)[-1] == "会社49"
    assert names(second) == [f"会社{n}" for n in range(50, 60)]


def test_a_longer_list_costs_no_more_queries(client, sato, django_assert_max_num_queries):
    as_user(client, sato)
    counts = []
    for total in (3, 30):
        while Lead.objects.count() < total:
            make_lead(sato, f"会社{Lead.objects.count()}", first_contact_due_at=timezone.now())
        with django_assert_max_num_queries(40) as queries:
            client.get(url("leads"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_an_empty_list_says_what_to_do(client, sato):
    assert "待っているリードはありません" in as_user(client, sato).get(url("leads")).content.decode()


# Who sees and does what --------------------------------------------------------------------------


def test_everybody_sees_the_leads_of_their_teams(
    client, lead, sato, takahashi, tanaka, watanabe, kobayashi, ito
):
    seen = {
        user.family_name: client.get(url("lead", lead.pk)).status_code
        for user in (sato, takahashi, tanaka, watanabe, kobayashi, ito)
        if as_user(client, user)
    }

    assert seen == {"佐藤": 200, "高橋": 200, "田中": 404, "渡辺": 200, "小林": 200, "伊藤": 200}


def test_only_owner_managers_and_administrators_change_a_lead(
    client, lead, sato, takahashi, tanaka, watanabe, kobayashi, ito
):
    def answers(name, data):
        found = {}
        for user in (takahashi, tanaka, kobayashi):
            found[user.family_name] = as_user(client, user).post(url(name, lead.pk), data).status_code
        return found

    refused = {"高橋": 403, "田中": 404, "小林": 403}
    assert answers("lead-nurture", {}) == refused
    assert answers("lead-disqualification", {"reason": "予算なし"}) == refused
    assert answers("lead-owner", {"owner": takahashi.pk}) == refused
    assert answers("lead-edit", {"company_name": "X"}) == refused
    assert answers("lead-deal", {"seen": 1, "deal_name": "X", "company": "new"}) == refused
    lead.refresh_from_db()
    assert (lead.state, lead.owner, lead.company_name, lead.version) == ("new", sato, "みなと物流株式会社", 1)
    assert not Deal.objects.exists()

    for user in (sato, watanabe, ito):
        assert as_user(client, user).post(url("lead-nurture", lead.pk), **HX).status_code == 200
        editing.reopen(lead, by=user)


def test_rules_are_for_administrators(client, sato, watanabe, kobayashi, ito):
    rule = FirstContactRule.objects.get()
    for user, status in ((sato, 403), (watanabe, 403), (kobayashi, 403), (ito, 200)):
        as_user(client, user)
        assert client.get(url("rules")).status_code == status
        assert client.get(url("assignment-rule-new")).status_code == status
    as_user(client, watanabe)
    assert client.post(url("clock", rule.pk), {"hours": 1, "unit": "calendar"}).status_code == 403
    rule.refresh_from_db()
    assert rule.hours == 48


def test_the_panel_is_a_fragment_and_without_htmx_the_page(client, lead, sato):
    as_user(client, sato)

    assert "<html" not in client.get(url("lead-panel", lead.pk), **HX).content.decode()
    assert client.get(url("lead-panel", lead.pk)).url == url("lead", lead.pk)


# Entering ----------------------------------------------------------------------------------------


def new_lead(**changes):
    channel = Channel.objects.get(code="web_form").pk
    return {
        "company_name": "葵メディカル",
        "person": "橋本 遥",
        "reach": "03-5201-3344",
        "channel": channel,
        **changes,
    }


def test_a_rep_enters_a_lead_of_their_own(client, sato, tanaka):
    response = as_user(client, sato).post(url("lead-new"), new_lead())

    lead = Lead.objects.get()
    assert response.url == url("lead", lead.pk)
    assert (lead.owner, lead.family_name, lead.given_name, lead.phone) == (sato, "橋本", "遥", "+81352013344")
    assert lead.assigned_because == {"key": "own"}


def test_a_lead_of_a_manager_goes_by_the_rules(client, sato, watanabe):
    rule = AssignmentRule.objects.create(name="全国")
    rule.people.set([sato])

    as_user(client, watanabe).post(url("lead-new"), new_lead())

    assert Lead.objects.get().owner == sato


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"company_name": "", "person": "", "reach": ""}, "company_name"),
        ({"reach": "12"}, "reach"),
        ({"reach": "a@@b"}, "reach"),
        ({"channel": "99999"}, "channel"),
        ({"company_name": "あ" * 201}, "company_name"),
        ({"person": "橋\x00本"}, "person"),
    ],
)
def test_a_lead_that_says_nothing_useful_is_refused(client, sato, changes, field):
    response = as_user(client, sato).post(url("lead-new"), new_lead(**changes))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Lead.objects.exists()


def test_the_same_form_sent_twice_makes_one_lead(client, sato):
    data = new_lead(once=str(uuid.uuid4()))
    as_user(client, sato)

    first, second = client.post(url("lead-new"), data), client.post(url("lead-new"), data)

    assert first.url == second.url
    assert Lead.objects.count() == 1


def test_while_typing_leads_in_work_are_named(client, lead, sato, tanaka):
    typed = {"reach": "045 201 3344"}

    assert "みなと物流" in as_user(client, sato).get(url("lead-similar"), typed).content.decode()
    assert "みなと物流" not in as_user(client, tanaka).get(url("lead-similar"), typed).content.decode()


# Deciding ----------------------------------------------------------------------------------------


def convert(lead, **changes):
    topic = criterion("topic")
    return {
        "seen": lead.version, "deal_name": "仕分け機の更新", "company": "new", f"answer_{topic.pk}": "仕分け機を更新したい", **changes,
    }  # fmt: skip


def test_the_conversion_asks_only_what_the_first_stage_needs(client, lead, sato):
    response = as_user(client, sato).get(url("lead-deal", lead.pk), **HX)

    form = response.context["form"]
    assert [bound.initial for bound in form.answer_fields] == ["仕分け機を更新したい"]
    assert form["deal_name"].initial == "仕分け機を更新したい"
    assert response.content.decode().lstrip().startswith("<dialog")


def test_a_lead_becomes_a_deal_that_meets_its_first_criteria(client, lead, sato):
    response = as_user(client, sato).post(url("lead-deal", lead.pk), convert(lead))

    deal = Deal.objects.get()
    assert response.url == deal.get_absolute_url()
    assert (deal.company.name, deal.owner) == ("みなと物流株式会社", sato)
    assert (deal.criteria_met, deal.criteria_total) == (2, 2)


def test_a_retry_of_the_same_form_gives_the_same_deal(client, lead, sato):
    data = convert(lead, once=str(uuid.uuid4()))
    as_user(client, sato)

    first, second = (client.post(url("lead-deal", lead.pk), data) for _ in range(2))

    assert first.url == second.url
    assert (Deal.objects.count(), Company.objects.count()) == (1, 1)


def test_a_company_that_is_known_is_offered(client, lead, sato):
    known = companies.create_company({"name": "みなと物流", "phone": "045-201-3344"}, by=sato)
    as_user(client, sato)

    [option] = client.get(url("lead-deal", lead.pk)).context["companies"]
    assert (option["company"], option["checked"], option["is_certain"]) == (known, True, True)
    client.post(url("lead-deal", lead.pk), convert(lead, company=str(known.pk)))
    assert Deal.objects.get().company == known


def test_a_hidden_company_is_only_hinted_at_and_cannot_be_chosen(client, lead, sato, tanaka):
    known = companies.create_company(
        {"name": "みなと物流", "phone": "045-201-3344", "street": "秘密町1-1"}, by=tanaka
    )
    companies.restrict(known, [tanaka], [], by=tanaka)
    as_user(client, sato)

    page = client.get(url("lead-deal", lead.pk))
    assert (page.context["companies"], page.context["has_hidden"]) == ([], True)
    assert "秘密町" not in page.content.decode()
    refused = client.post(url("lead-deal", lead.pk), convert(lead, company=str(known.pk)))
    assert refused.status_code == 422
    assert not Deal.objects.exists()


def test_who_decided_on_an_older_version_reads_the_form_again(client, lead, sato, watanabe):
    data = convert(lead)
    editing.edit_lead(lead, {"title": "部長"}, {}, by=watanabe)

    response = as_user(client, sato).post(url("lead-deal", lead.pk), data)

    assert response.status_code == 422
    assert not Deal.objects.exists()


def test_a_lead_without_a_company_asks_for_its_name(client, sato):
    lead = make_lead(sato, "", family_name="安藤")
    as_user(client, sato)

    assert client.post(url("lead-deal", lead.pk), convert(lead)).status_code == 422
    client.post(url("lead-deal", lead.pk), convert(lead, company_name="伊豆フード株式会社"))
    assert Deal.objects.get().company.name == "伊豆フード株式会社"


def test_setting_aside_needs_a_reason_and_can_be_undone(client, lead, sato):
    as_user(client, sato)

    assert client.post(url("lead-disqualification", lead.pk), {"reason": ""}, **HX).status_code == 422
    done = client.post(url("lead-disqualification", lead.pk), {"reason": "予算なし"}, **HX)
    lead.refresh_from_db()
    assert (lead.state, lead.state_reason) == ("disqualified", "予算なし")
    assert url("lead-reopening", lead.pk) in done.content.decode()
    undone = client.post(url("lead-reopening", lead.pk), **HX)
    lead.refresh_from_db()
    assert (lead.state, lead.state_reason) == ("new", "")
    assert "hx-swap-oob" in undone.content.decode()


def test_a_lead_that_leaves_ones_teams_leaves_the_screen(client, lead, sato, tanaka):
    response = as_user(client, sato).post(url("lead-owner", lead.pk), {"owner": tanaka.pk}, **HX)

    assert response["HX-Redirect"] == url("leads")
    lead.refresh_from_db()
    assert (lead.owner, lead.team) == (tanaka, tanaka.team)


def test_nobodys_correction_is_lost(client, lead, sato, watanabe):
    as_user(client, sato)
    form = client.get(url("lead-edit", lead.pk)).context["form"]
    base = form["base"].value()
    editing.edit_lead(lead, {"title": "部長", "industry": "物流"}, {}, by=watanabe)
    typed = {name: form[name].value() or "" for name in form.fields} | {"base": base}

    clash = client.post(url("lead-edit", lead.pk), typed | {"title": "次長"})
    lead.refresh_from_db()
    assert clash.status_code == 409
    assert (lead.title, lead.industry) == ("部長", "物流")
    assert "次長" in clash.content.decode()

    fine = client.post(url("lead-edit", lead.pk), typed | {"city": "横浜市"})
    lead.refresh_from_db()
    assert fine.status_code == 302
    assert (lead.title, lead.industry, lead.city) == ("部長", "物流", "横浜市")


# Settings ----------------------------------------------------------------------------------------


def test_an_administrator_changes_the_clock(client, lead, ito):
    rule = FirstContactRule.objects.get()

    response = as_user(client, ito).post(url("clock", rule.pk), {"hours": 24, "unit": "calendar"}, **HX)

    lead.refresh_from_db()
    assert "24時間" in response.content.decode()
    assert lead.first_contact_due_at == lead.received_at + timedelta(hours=24)
    assert client.post(url("clock", rule.pk), {"hours": 0, "unit": "x"}, **HX).status_code == 422


def test_an_administrator_makes_and_changes_an_assignment_rule(client, sato, tanaka, ito):
    as_user(client, ito)
    data = {
        "name": "関東",
        "prefectures": "東京都、神奈川県",
        "people": [sato.pk, tanaka.pk],
        "position": 0,
        "is_active": "on",
    }

    client.post(url("assignment-rule-new"), data)
    rule = AssignmentRule.objects.get()
    assert (rule.prefectures, set(rule.people.all())) == (["東京都", "神奈川県"], {sato, tanaka})
    wrong = client.post(url("assignment-rule", rule.pk), data | {"prefectures": "東京"})
    assert wrong.status_code == 422
    client.post(url("assignment-rule", rule.pk), data | {"people": [sato.pk], "prefectures": ""})
    rule.refresh_from_db()
    assert (rule.prefectures, list(rule.people.all())) == ([], [sato])
    assert "関東" in client.get(url("rules")).content.decode()
