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
