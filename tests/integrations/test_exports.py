"""Lists as files: what the person sees with the filters of the list, and nothing that a spreadsheet would run."""

import csv
import io
from datetime import date

import pytest
from django.urls import reverse

from accounts import companies
from accounts.models import DuplicatePair
from activities import log, todos
from crm.lib import tables
from integrations import exports
from staff.custom import definitions, values
from staff.models import Event
from tests.factories import make_company, make_deal, make_lead


def taken(client, name, **params):
    answer = client.get(reverse("integrations:export", args=[name]), params)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_a_list_is_taken_out_as_it_is_narrowed_and_that_is_written_down(client, watanabe, sato):
    make_company("=cmd|calc", prefecture="長野県", phone="+81313572468")
    make_company("みなと物流株式会社", prefecture="神奈川県")
    client.force_login(watanabe)

    rows = list(csv.reader(io.StringIO(taken(client, "companies", prefecture="長野県").decode("utf-8-sig"))))

    assert [row[1] for row in rows] == ["会社名", "'=cmd|calc"]
    assert rows[1][5] == "03-1357-2468"
    event = Event.objects.get(kind="list.exported")
    assert (event.actor_id, event.data["list"], event.data["rows"]) == (watanabe.pk, "companies", 1)
    assert event.data["narrowed"] == {"prefecture": "長野県"}


@pytest.mark.parametrize("name", list(exports.EXPORTS))
@pytest.mark.parametrize("form", ["csv", "cp932", "xlsx"])
def test_every_list_in_every_format(client, ito, sato, tmp_path, name, form):
    company = make_company("東雲フーズ株式会社")
    make_deal(sato, company=company)
    make_lead(sato)
    client.force_login(ito)

    path = tmp_path / f"list.{exports.FORMATS[form]}"
    path.write_bytes(taken(client, name, format=form))

    if name in ("companies", "deals", "leads"):
        table = tables.open_table(path, path.name)
        assert len(list(table.rows())) == 1


def test_what_a_person_may_not_see_is_in_no_file(client, watanabe, ito, sato, tanaka, team_two):
    from tests.factories import make_user

    secret = companies.create_company({"name": "極秘電機"}, by=ito)
    companies.restrict(secret, [], [], by=ito)
    make_deal(tanaka, company=make_company("城北メタルズ"), name="よその課の案件")
    mori = make_user("mori@sakura.example", sato.team, "manager", family_name="森")
    client.force_login(mori)

    assert "極秘電機" not in taken(client, "companies").decode()
    assert "よその課の案件" not in taken(client, "deals").decode()
    assert client.get(reverse("integrations:export", args=["log"])).status_code == 403


def test_todos_are_those_that_one_may_see_and_of_the_deals_that_are_shown(client, watanabe, sato, tanaka):
    near, far = make_deal(sato, amount=1_000_000), make_deal(tanaka, amount=9_000_000)
    for deal, title in ((near, "見積を送る"), (far, "稟議を聞く")):
        todos.add_todo(title, due_on=date(2026, 12, 1), deal=deal, owner=deal.owner, by=deal.owner)
    client.force_login(watanabe)

    everything = list(csv.reader(io.StringIO(taken(client, "todos").decode("utf-8-sig"))))
    assert [row[2] for row in everything] == ["すること", "見積を送る", "稟議を聞く"]
    shown = taken(client, "todos", owner=str(sato.pk)).decode()
    assert "見積を送る" in shown
    assert "稟議を聞く" not in shown
    assert near.company.name in shown


def test_a_rep_takes_nothing_out_and_sees_no_button(client, sato):
    client.force_login(sato)

    assert client.get(reverse("integrations:export", args=["companies"])).status_code == 403
    assert "exports/companies" not in client.get(reverse("accounts:companies")).content.decode()
    assert not Event.objects.filter(kind="list.exported").exists()


def test_a_list_of_a_page_that_one_may_not_open_is_not_taken_out_either(client, kobayashi, watanabe):
    for person, status in ((kobayashi, 403), (watanabe, 200)):
        client.force_login(person)
        assert client.get(reverse("accounts:duplicates")).status_code == status
        assert client.get(reverse("integrations:export", args=["duplicates"])).status_code == status
    client.force_login(watanabe)
    assert client.get(reverse("dashboards:roi-rows")).status_code == 403


def test_the_queue_is_taken_out_as_it_is_asked_with_reasons_in_words(client, watanabe, sato):
    pairs = []
    for phone in ("0263-22-1111", ""):
        name = f"青嶺{len(pairs)}精工"
        two = [
            companies.create_company({"name": name, "phone": phone, "owner": sato}, by=sato) for _n in "ab"
        ]
        pairs.append(DuplicatePair.objects.get(company_a=two[0]))
    # Less alike, but worth more: it would bring more records together.
    DuplicatePair.objects.filter(pk=pairs[1].pk).update(worth=999)
    client.force_login(watanabe)

    rows = list(csv.reader(io.StringIO(taken(client, "duplicates").decode("utf-8-sig"))))

    assert [row[:4] for row in rows[1:]] == [
        ["company", str(pair.company_a_id), str(pair.company_b_id), str(pair.score)] for pair in pairs[::-1]
    ]
    assert rows[2][6].startswith("同じ社名 [青嶺0精工]; 同じ電話番号 [0263-22-1111]")


def test_an_unknown_list_or_format_is_none(client, ito):
    client.force_login(ito)
    assert client.get(reverse("integrations:export", args=["passwords"])).status_code == 404
    assert client.get(reverse("integrations:export", args=["deals"]), {"format": "exe"}).status_code == 404


def test_people_and_activities_are_taken_out_from_the_list_of_companies(client, watanabe, sato):
    there = make_company("東雲フーズ株式会社", prefecture="長野県")
    deal = make_deal(sato, company=there)
    other = make_company("みなと物流株式会社", prefecture="神奈川県")
    log.log_activity("call", by=sato, deal=deal, body="見積の件")
    log.log_activity("call", by=sato, company=other, body="挨拶")
    client.force_login(watanabe)

    page = client.get(reverse("accounts:companies"), {"prefecture": "長野県"}).content.decode()
    for name in ("companies", "contacts", "activities"):
        assert f"{reverse('integrations:export', args=[name])}?format=csv&amp;prefecture=" in page

    rows = list(csv.reader(io.StringIO(taken(client, "activities", prefecture="長野県").decode("utf-8-sig"))))
    assert [row[8] for row in rows] == ["メモ", "見積の件"]
    rows = list(csv.reader(io.StringIO(taken(client, "activities").decode("utf-8-sig"))))
    assert len(rows) == 3


def test_who_may_not_take_lists_out_sees_no_button(client, sato):
    client.force_login(sato)

    assert "exports/" not in client.get(reverse("accounts:companies")).content.decode()


def table(client, name, **params):
    return list(csv.reader(io.StringIO(taken(client, name, **params).decode("utf-8-sig"))))


def test_a_file_has_the_order_of_the_list(client, watanabe, sato):
    for name, amount in (("甲", 3_000_000), ("乙", None), ("丙", 9_000_000)):
        make_deal(sato, name=name, amount=amount, company=make_company(f"{name}商事"))
    client.force_login(watanabe)

    def names(**params):
        return [row[1] for row in table(client, "deals", **params)[1:]]

    # Without an amount last, whichever way.
    assert names(sort="amount") == ["甲", "丙", "乙"]
    assert names(sort="-amount") == ["丙", "甲", "乙"]
    for list_of, url in (("companies", "accounts:companies"), ("deals", "pipeline:list")):
        for sort in ("newest", "-amount", ""):
            shown = client.get(reverse(url), {"sort": sort}).content.decode()
            written = [row[1].removesuffix("商事") for row in table(client, list_of, sort=sort)[1:]]
            places = [shown.index(f">{name}<" if list_of == "deals" else f"{name}商事") for name in written]
            assert places == sorted(places), (list_of, sort)


def test_leads_come_in_the_order_of_their_list(client, watanabe, sato):
    for name, score in (("甲商事", 10), ("乙商事", 30), ("丙商事", 20)):
        lead = make_lead(sato, company_name=name)
        type(lead).objects.filter(pk=lead.pk).update(score=score)
    client.force_login(watanabe)

    assert [row[1] for row in table(client, "leads", sort="score")[1:]] == ["乙商事", "丙商事", "甲商事"]
    assert [row[1] for row in table(client, "leads", sort="newest")[1:]] == ["丙商事", "乙商事", "甲商事"]


def test_a_field_of_the_companys_own_orders_a_file_as_it_orders_the_list(client, watanabe, ito, sato):
    field = definitions.add(
        "company", "number", {"name_ja": "面積", "name_en": "Area", "owner": ito, "purpose": "比べる"}, by=ito
    )
    for name, area in (("甲商事", 30), ("乙商事", None), ("丙商事", 200)):
        company = make_company(name)
        if area:
            values.change("company", company, {field: area}, {}, by=ito)
    client.force_login(watanabe)

    for sort, order in (
        (field.key, ["甲商事", "丙商事", "乙商事"]),
        (f"-{field.key}", ["丙商事", "甲商事", "乙商事"]),
    ):
        assert [row[1] for row in table(client, "companies", sort=sort)[1:]] == order


def test_deals_are_taken_out_with_the_columns_of_the_list_or_with_all(client, watanabe, ito, sato):
    field = definitions.add(
        "deal",
        "number",
        {"name_ja": "台数", "name_en": "Machines", "owner": ito, "purpose": "比べる"},
        by=ito,
    )
    deal = make_deal(sato, name="包装ライン", amount=3_000_000, competitor="他社")
    values.change("deal", deal, {field: 4}, {}, by=sato)
    client.force_login(watanabe)
    address = {"col": ["competitor", field.key, "secret"], "mine": ""}

    page = client.get(reverse("pipeline:list"), address).content.decode()
    export = reverse("integrations:export", args=["deals"])
    assert f"{export}?format=xlsx&amp;fields=shown&amp;col=competitor&amp;col={field.key}" in page

    header, row = table(client, "deals", fields="shown", **address)
    assert header == [
        "件名", "会社名", "ステージ", "ステージ滞在日数", "退出条件", "次アクションの日", "金額", "加重金額", "受注予定", "競合", "台数", "主担当",
    ]  # fmt: skip
    assert (row[0], row[6], row[9], row[10]) == ("包装ライン", "3000000", "他社", "4")

    everything = table(client, "deals", **address)[0]
    assert {"案件ID", "確度", "台数"} < set(everything)
    closed = table(client, "deals", fields="shown", closed="won")[0]
    assert closed[3:5] == ["受注・失注の日", "失注理由"]
