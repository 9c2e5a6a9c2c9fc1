"""Groups of companies: a tree without circles, figures over all of it, nothing of what is hidden."""

import html
import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts import companies, files, groups
from accounts.models import CompanyFile
from activities import log
from staff.models import Event
from tests.factories import make_company, make_contact, make_deal


@pytest.fixture
def group(sato):
    """朝霧ホールディングス with two below it, one of them with one more."""
    top, logistics, foods, branch = (
        make_company(f"朝霧{name}株式会社", owner=sato)
        for name in ("ホールディングス", "物流", "フーズ", "物流九州")
    )
    for child, parent in ((logistics, top), (foods, top), (branch, logistics)):
        groups.set_parent(child, parent, by=sato, seen=1)
    return top, logistics, foods, branch


def test_a_group_is_known_from_any_of_its_companies(group):
    top, logistics, foods, branch = group

    assert sorted(groups.below(top)) == sorted(c.pk for c in group)
    assert groups.above(branch) == [branch.pk, logistics.pk, top.pk]


def test_a_circle_is_refused(group, sato):
    top, _logistics, _foods, branch = group

    with pytest.raises(ValidationError):
        groups.set_parent(top, branch, by=sato, seen=top.version)

    top.refresh_from_db()
    assert top.parent is None


def test_the_page_adds_up_the_whole_group_without_what_is_hidden(client, group, sato, tanaka):
    top, logistics, foods, branch = group
    make_deal(sato, "Discovery", top, amount=1_000_000)
    make_deal(sato, "Won", branch, amount=2_000_000)
    make_deal(sato, "Discovery", foods, amount=4_000_000)
    client.force_login(sato)

    alone = client.get(top.get_absolute_url()).context["at"]
    together = client.get(top.get_absolute_url() + "?group=1").context["at"]
    assert (alone.amount, alone.won_amount) == (1_000_000, 0)
    assert (together.amount, together.won_amount, together.deals) == (5_000_000, 2_000_000, 2)

    companies.restrict(foods, [], [], by=sato)
    client.force_login(tanaka)
    page = client.get(top.get_absolute_url() + "?group=1")
    assert "朝霧フーズ" not in page.content.decode()
    assert page.context["members"] == [top, logistics, branch]


def test_a_parent_that_one_may_not_see_is_neither_shown_nor_taken_away(client, group, sato, tanaka):
    top, logistics, _foods, _branch = group
    companies.restrict(top, [], [], by=sato)
    logistics.refresh_from_db()
    logistics.owner = tanaka
    logistics.save()
    client.force_login(tanaka)

    assert "ホールディングス" not in client.get(logistics.get_absolute_url()).content.decode()
    url = reverse("accounts:company-group", args=[logistics.pk])
    logistics.refresh_from_db()
    assert client.post(url, {"parent": "", "seen": logistics.version}).status_code == 403
    logistics.refresh_from_db()
    assert logistics.parent == top


def test_a_group_is_set_on_screen_by_name(client, sato):
    parent, child = make_company("株式会社朝霧", owner=sato), make_company("朝霧物流株式会社", owner=sato)
    client.force_login(sato)

    url = reverse("accounts:company-group", args=[child.pk])
    assert client.post(url, {"parent": "㈱朝霧", "seen": child.version}).status_code == 302
    child.refresh_from_db()
    assert child.parent == parent
    assert client.post(url, {"parent": "どこにもない", "seen": child.version}).status_code == 422


# The page -----------------------------------------------------------------------------------------


def test_each_level_shows_its_own_figures(client, sato):
    company = make_company(owner=sato)
    division = companies.add_division(company, "生産本部", by=sato)
    site = companies.add_site(company, "第二工場", division=division, by=sato)
    make_deal(sato, "Discovery", company, site=site, amount=3_000_000)
    make_deal(sato, "Won", company, division=division, amount=5_000_000)
    deal = make_deal(sato, "Discovery", company, amount=7_000_000)
    person = make_contact(company, site=site)
    log.log_activity("call", by=sato, company=company, contact=person)
    log.log_activity("call", by=sato, deal=deal)
    client.force_login(sato)

    def figures(at: str) -> tuple:
        node = client.get(company.get_absolute_url() + at).context["at"]
        return node.deals, node.amount, node.won, node.won_amount, node.touches

    assert figures("") == (2, 10_000_000, 1, 5_000_000, 2)
    assert figures(f"?at=division-{division.pk}") == (1, 3_000_000, 1, 5_000_000, 1)
    assert figures(f"?at=site-{site.pk}") == (1, 3_000_000, 0, 0, 1)
    assert figures("?at=site-99999999999999999999") == figures("")


def test_the_timeline_goes_on_where_it_stopped(client, sato):
    company = make_company(owner=sato)
    for n in range(40):
        log.log_activity("memo", by=sato, company=company, body=f"メモ {n:02}")
    client.force_login(sato)

    first = client.get(company.get_absolute_url())
    assert "メモ 39" in first.content.decode()
    assert "メモ 09" not in first.content.decode()
    cursor = first.context["events"].after
    more = client.get(f"{company.get_absolute_url()}?events={cursor}", headers={"HX-Request": "true"})
    assert "メモ 09" in more.content.decode()
    assert "<html" not in more.content.decode()
    assert "メモ 09" in client.get(f"{company.get_absolute_url()}?events={cursor}").content.decode()
    assert client.get(f"{company.get_absolute_url()}?events=nonsense").status_code == 200


def test_the_timeline_shows_what_was_said_or_what_changed(client, sato):
    company = make_company(owner=sato)
    for n in range(31):
        log.log_activity("memo", by=sato, company=company, body=f"メモ {n:02}")
    companies.edit_company(company, {"industry": "食品"}, {"industry": ""}, by=sato)
    client.force_login(sato)
    page = company.get_absolute_url()

    def kinds(query: str) -> set[str]:
        return {event.kind for event in client.get(page + query).context["events"]}

    assert kinds("") == {"activity.logged", "company.edited"}
    assert kinds("?show=activities") == {"activity.logged"}
    assert kinds("?show=changes") == {"company.edited"}
    assert kinds("?show=nonsense") == kinds("")

    part = client.get(f"{page}?show=activities&events=", headers={"HX-Request": "true"})
    assert 'id="timeline-show"' in part.content.decode(), "the choice shows what is shown now"
    earlier = re.search(r'hx-get="(\?show=activities&amp;events=[^"]+)"', part.content.decode())
    assert earlier, "what came before is of the same kind"
    more = client.get(page + html.unescape(earlier[1]), headers={"HX-Request": "true"}).content.decode()
    assert "メモ 00" in more
    assert 'id="timeline-show"' not in more


def test_the_earlier_part_of_a_groups_timeline_is_the_groups(client, sato, group):
    top, *_others, branch = group
    for n in range(40):
        log.log_activity("memo", by=sato, company=branch, body=f"メモ {n:02}")
    client.force_login(sato)
    page = f"{top.get_absolute_url()}?group=1"

    cursor = client.get(page).context["events"].after

    assert "メモ 05" in client.get(f"{page}&events={cursor}", headers={"HX-Request": "true"}).content.decode()


def test_closeness_counts_who_of_us_spoke_with_whom(client, sato, takahashi):
    company = make_company(owner=sato)
    near = make_contact(company, "田所", decision_role="decides")
    make_contact(company, "三浦", "恵", decision_role="buys")
    for by in (sato, sato, takahashi):
        log.log_activity("call", by=by, company=company, contact=near)
    log.log_activity("call", by=sato, company=company, contact=near, reached=False)
    client.force_login(sato)

    context = client.get(company.get_absolute_url()).context

    assert [(line.contact.family_name, line.n, line.people) for line in context["strengths"]] == [
        ("田所", 3, [("佐藤", 2), ("高橋", 1)]),
        ("三浦", 0, []),
    ]
    assert [gap.contact.family_name for gap in context["gaps"]] == ["三浦"]


def test_a_link_to_a_recording_is_kept_and_taken_off_again(client, sato):
    company = make_company(owner=sato)
    client.force_login(sato)
    url = reverse("accounts:company-files", args=[company.pk])
    sent = {"kind": "recording", "link": "https://meet.example/r/1", "name": "初回面談の録画"}

    assert client.post(url, sent).status_code == 302
    [kept] = CompanyFile.objects.all()
    assert (kept.name, kept.link, kept.added_by) == ("初回面談の録画", "https://meet.example/r/1", sato)
    assert "初回面談の録画" in client.get(company.get_absolute_url()).content.decode()

    client.post(reverse("accounts:file-removal", args=[company.pk, kept.pk]))
    assert client.get(company.get_absolute_url()).content.decode().count("https://meet.example/r/1") == 0
    assert Event.objects.filter(kind="company.file_removed").count() == 1


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://x.example/", "data:text/html,x", ""])
def test_an_address_that_is_none_is_refused(client, sato, link):
    company = make_company(owner=sato)
    client.force_login(sato)

    url = reverse("accounts:company-files", args=[company.pk])
    assert client.post(url, {"kind": "other", "link": link}).status_code == 422
    assert not CompanyFile.objects.exists()


def test_files_of_deals_stand_on_the_page_for_those_who_see_the_deal(client, sato, tanaka):
    from django.core.files.base import ContentFile

    from pipeline import files as deal_files

    company = make_company()
    files.attach(company, None, "minutes", by=sato, name="議事録", link="https://x.example/")
    deal_files.attach(make_deal(sato, company=company), ContentFile(b"x", "見積書.txt"), "quote", by=sato)

    client.force_login(sato)
    assert "見積書.txt" in client.get(company.get_absolute_url()).content.decode()
    client.force_login(tanaka)
    page = client.get(company.get_absolute_url()).content.decode()
    assert "議事録" in page
    assert "見積書.txt" not in page
