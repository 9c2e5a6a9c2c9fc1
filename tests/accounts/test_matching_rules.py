from datetime import date
from hashlib import sha256

import pytest
from django.urls import reverse

from accounts import (
    companies,
    contacts,
    duplicates,
    matching,
    matching_rules,
    renewing,
    scanning,
    site_matching,
)
from accounts.dedup import reading
from accounts.matching import Candidate
from accounts.matching_keys import MAKER, stored_keys
from accounts.models import Company, CompanyName, Contact, DuplicatePair, MatchKey, MatchRules, MatchScan
from accounts.views import duplicates as duplicates_views
from benchmarks.matching import sets
from benchmarks.matching.run import FIELDS
from staff import relay
from staff.models import Event
from tests.factories import make_company, make_contact


def position_of(*keys):
    return next(row.position for row in matching_rules.shown(matching_rules.live()) if row.keys == list(keys))


@pytest.fixture
def two(sato):
    """Two that the phone joins by the rules of the product."""
    return [
        companies.create_company({"name": n, "phone": "0263-22-1111"}, by=sato)
        for n in ("青嶺精工", "(株)青嶺精工")
    ]


def test_a_draft_changes_nothing_before_it_is_published(two, ito):
    matching_rules.change_draft({position_of("name", "phone"): "nothing"}, by=ito)

    [found] = matching.find_companies(Candidate(name="青嶺精工", phone="0263-22-1111", prefecture="大阪府"))[
        :1
    ]
    assert found.verdict == "certain"
    assert not Event.objects.filter(kind="matching.rules_published").exists()


def test_published_rules_hold_for_every_door_and_are_written_down(two, ito):
    draft = matching_rules.change_draft({position_of("name", "phone"): "probable"}, by=ito)
    matching_rules.publish(draft, by=ito)

    found = matching.find_companies(Candidate(name="青嶺精工", phone="0263-22-1111"))
    assert [match.verdict for match in found] == ["probable", "probable"]
    event = Event.objects.get(kind="matching.rules_published")
    assert (event.before, event.after) == ({"name + phone": "certain"}, {"name + phone": "probable"})


def test_a_rule_of_ones_own_joins_by_what_it_asks_for(ito, sato):
    mine = companies.create_company({"name": "青嶺精工", "prefecture": "長野県"}, by=sato)
    asked = Candidate(name="青嶺精工", prefecture="長野県")
    draft = matching_rules.change_draft({}, ["name", "prefecture"], "certain", by=ito)
    matching_rules.publish(draft, by=ito)

    [found] = matching.find_companies(asked)
    assert (found.record, found.verdict) == (mine, "certain")


@pytest.mark.parametrize(
    ("keys", "verdict"), [(["number"], "certain"), (["colour"], "certain"), (["name", "domain"], "maybe")]
)
def test_a_rule_that_is_there_or_cannot_be_is_refused(keys, verdict, ito):
    with pytest.raises(matching_rules.Unusable):
        matching_rules.change_draft({}, keys, verdict, by=ito)

    assert not MatchRules.objects.exists()


def test_the_preview_names_the_pairs_that_would_be_joined_and_not_any_more(two, ito, sato):
    companies.create_company(
        {"name": "みなと物流", "kana": "ミナトブツリュウ", "prefecture": "神奈川県", "phone": "045-201-1111"},
        by=sato,
    )
    companies.create_company({"name": "ミナトブツリュウ", "phone": "045-201-2222"}, by=sato)
    gone = {
        position_of("name", *keys): "nothing"
        for keys in (["phone"], ["only"], ["only", "prefecture"], ["alone"])
    }
    draft = matching_rules.change_draft(gone, ["reading", "single"], "certain", by=ito)
    companies.create_company({"name": "まったく別"}, by=sato)
    difference = scanning.difference(draft)

    assert (difference.looked_at, difference.compared) == (5, 4)
    [parted] = difference.parted
    assert (parted.a.name, parted.b.name, parted.reasons) == (
        "青嶺精工", "(株)青嶺精工", "同じ社名 [青嶺精工]; 同じ電話番号 [0263-22-1111]",
    )  # fmt: skip
    assert (difference.parted_count, difference.joined_count) == (1, 1)
    assert [(pair.a.name, pair.b.name) for pair in difference.joined] == [("みなと物流", "ミナトブツリュウ")]
    assert matching_rules.live() is None


def test_a_scan_finds_what_is_there_twice_and_asks_no_more_about_what_no_rule_asks_for(two, ito, sato):
    other = companies.create_company({"name": "まったく別"}, by=sato)
    DuplicatePair.objects.all().delete()
    stale = DuplicatePair.objects.create(company_a=two[0], company_b=other, score=50, source="form")

    scanning.start(by=ito)
    relay.drain()

    scan = MatchScan.objects.get()
    assert (scan.done_count, scan.company_count, scan.found_count) == (3, 3, 1)
    assert scan.finished_at
    pair = DuplicatePair.objects.get()
    assert pair.pk != stale.pk
    assert ((pair.company_a, pair.company_b), pair.verdict, pair.source) == (tuple(two), "certain", "scan")


def test_a_second_scan_changes_nothing_and_what_was_decided_stays(two, ito):
    DuplicatePair.objects.update(state="different")
    before = DuplicatePair.objects.values().get()
    for _n in range(2):
        scanning.start(by=ito)
        relay.drain()

    assert DuplicatePair.objects.values().get() == before
    assert [scan.found_count for scan in MatchScan.objects.all()] == [0, 0]


def test_an_update_renews_the_keys_of_all_companies_and_people_slice_by_slice(two, ito, sato, monkeypatch):
    tadokoro = make_contact(two[0], "田所", given_name="誠一", email="tadokoro@aomine.example")
    contacts.recompute([tadokoro])
    companies.record_name(two[1], "青嶺工機", date(2023, 5, 1), by=sato)
    renewing.follow_update()
    relay.drain()
    assert renewing.follow_update() == 0
    stored = {"name_key": set(Company.objects.values_list("pk", "name_key")), "keys": keys_of_all()}
    # As an older product left them, in the middle of a scan of which the worker died.
    Company.objects.update(name_key="old")
    CompanyName.objects.update(name_key="old")
    Contact.objects.update(person_key="old")
    MatchKey.objects.all().delete()
    monkeypatch.setattr(renewing, "MAKER", MAKER + 1)
    monkeypatch.setattr(scanning, "SLICE", 1)
    scanning.start(by=ito)
    MatchScan.objects.filter(finished_at=None).update(last_company_id=two[0].pk, done_count=1)

    assert (renewing.follow_update(), renewing.follow_update()) == (1, 0)
    relay.drain()

    scan = MatchScan.objects.latest("pk")
    assert (scan.maker, scan.done_count, bool(scan.finished_at)) == (MAKER + 1, 2, True)
    assert set(Company.objects.values_list("pk", "name_key")) == stored["name_key"]
    assert keys_of_all() == stored["keys"]
    assert set(CompanyName.objects.values_list("name_key", flat=True)) == {"青嶺工機"}
    assert Contact.objects.get(pk=tadokoro.pk).person_key == "田所誠一"


def keys_of_all():
    return set(MatchKey.objects.values_list("kind", "value", "company", "contact"))


def test_who_changes_how_keys_are_made_counts_their_maker_up():
    """Where this fails keys come out in another form: count `MAKER` up, and write what it prints here."""
    names = [record.values for record in sets.make(7, 400, "a").records]
    lines = [{FIELDS.get(key, key): value for key, value in values.items()} for values in names]
    keys = sorted(key for line in lines for key in stored_keys(reading.read(line)))

    assert (MAKER, sha256(repr(keys).encode()).hexdigest()[:16]) == (2, "507ded657e1b9534")


def test_rules_of_people_are_edited_like_those_of_companies(ito, sato):
    aomine = make_company("青嶺精工株式会社")
    here = make_contact(aomine, "田所", given_name="誠一")
    asked = Candidate(person="田所 誠一")
    assert matching.find_contacts(aomine, asked)[0].verdict == "certain"

    draft = matching_rules.change_draft({position_of("person", "company"): "probable"}, by=ito)
    matching_rules.publish(draft, by=ito)

    [found] = matching.find_contacts(aomine, asked)
    assert (found.record, found.verdict) == (here, "probable")


def test_who_seems_to_have_changed_employer_is_never_joined_without_asking(ito):
    with pytest.raises(matching_rules.Unusable):
        matching_rules.change_draft({position_of("email", "company_differs"): "certain"}, by=ito)

    assert not MatchRules.objects.exists()


def test_the_preview_names_people_when_the_draft_says_something_else_about_them(client, ito, sato):
    aomine = make_company("青嶺精工株式会社")
    for mobile in ("+819011112222", ""):
        make_contact(aomine, "田所", given_name="誠一", mobile=mobile)
    draft = matching_rules.change_draft({position_of("name", "town"): "probable"}, by=ito)
    assert scanning.difference_of_people(draft) is None
    matching_rules.change_draft({position_of("person", "company"): "probable"}, by=ito)

    difference = scanning.difference_of_people(draft)

    [pair] = difference.parted
    assert (pair.a.full_name, pair.b.full_name, pair.reasons) == (
        "田所 誠一",
        "田所 誠一",
        "同じ氏名 [田所誠一]",
    )
    assert (difference.parted_count, difference.joined_count, difference.asked, difference.asked_now) == (
        1,
        0,
        1,
        0,
    )
    client.force_login(ito)
    assert "田所 誠一" in client.get(reverse("accounts:matching-preview")).text


def test_rules_of_sites_are_a_draft_with_a_preview_before_they_hold_for_every_door(client, ito, sato):
    aomine = make_company("青嶺精工株式会社")
    place = {"address": "長野県松本市中央1-2-3"}
    for name in ("松本工場", "第二工場"):
        companies.add_site(aomine, name, by=sato, **place)
    asked = site_matching.candidate_of("第三工場", companies.clean(place))
    assert [m.verdict for m in site_matching.find_sites(aomine, asked)] == ["probable", "probable"]
    certain, probable = (
        row for row in matching_rules.shown(None) if row.unit == "site" and row.keys == ["address"]
    )
    assert (certain.but, probable.but) == (["name_differs"], [])

    draft = matching_rules.change_draft({probable.position: "certain"}, by=ito)

    difference = scanning.difference_of_sites(draft)
    [pair] = difference.joined
    assert (pair.a.name, pair.b.name) == ("松本工場", "第二工場")
    assert pair.reasons.startswith("同じ住所 [")
    assert (difference.asked_now, difference.asked, difference.parted_count) == (1, 0, 0)
    client.force_login(ito)
    assert "第二工場" in client.get(reverse("accounts:matching-preview")).text
    assert not site_matching.find_sites(aomine, asked)[0].is_certain

    matching_rules.publish(draft, by=ito)

    assert site_matching.find_sites(aomine, asked)[0].is_certain
    told = Event.objects.get(kind="matching.rules_published")
    assert (told.before, told.after) == ({"site: address": "probable"}, {"site: address": "certain"})


def test_nobody_can_be_asked_where_a_line_belongs_that_says_no_place(ito):
    city = next(row for row in matching_rules.shown(None) if row.unit == "site" and row.keys == ["city"])

    with pytest.raises(matching_rules.Unusable):
        matching_rules.change_draft({city.position: "probable"}, by=ito)

    assert not MatchRules.objects.exists()


def test_a_scan_asks_about_people_who_are_there_twice(ito):
    aomine = make_company("青嶺精工株式会社")
    two = [make_contact(aomine, "田所", given_name="誠一") for _ in range(2)]
    make_contact(make_company("みなと物流株式会社"), "田所", given_name="誠一")
    for _again in range(2):
        scanning.start(by=ito)
        relay.drain()

    pair = DuplicatePair.objects.exclude(contact_a=None).get()
    assert ((pair.contact_a, pair.contact_b), pair.verdict, pair.source) == (tuple(two), "certain", "scan")
    assert [scan.found_count for scan in MatchScan.objects.order_by("pk")] == [1, 0]


def test_a_running_scan_tells_how_far_it_is(client, two, ito):
    client.force_login(ito)
    address = reverse("accounts:match-scan")
    started = client.post(address, headers={"HX-Request": "true"})
    assert 'hx-trigger="every 2s"' in started.text
    MatchScan.objects.update(done_count=1)

    meanwhile = client.get(address, headers={"HX-Request": "true"})
    assert 'max="2" value="1"' in meanwhile.text
    relay.drain()

    done = client.get(address, headers={"HX-Request": "true"})
    assert "every 2s" not in done.text
    assert reverse("accounts:duplicates") in done.text


def test_only_one_scan_runs_at_a_time(ito):
    assert scanning.start(by=ito) == scanning.start(by=ito)


def test_an_administrator_edits_looks_and_publishes(client, two, ito):
    client.force_login(ito)
    page = client.get(reverse("accounts:matching-rules"))
    assert "同じ社名" in page.text
    sent = {
        f"verdict-{position_of('name', 'phone')}": "nothing",
        f"verdict-{position_of('name', 'only')}": "nothing",
        f"verdict-{position_of('name', 'alone')}": "nothing",
    }
    client.post(reverse("accounts:matching-draft"), sent)

    preview = client.get(reverse("accounts:matching-preview"))
    assert "(株)青嶺精工" in preview.text
    client.post(reverse("accounts:matching-publication"))

    assert MatchRules.objects.get().published_by == ito
    assert matching.find_companies(Candidate(name="青嶺精工", phone="0263-22-1111"))[0].verdict == "probable"


def test_all_certain_ones_are_merged_at_once_and_each_can_be_taken_back(client, two, watanabe):
    client.force_login(watanabe)

    client.post(reverse("accounts:duplicates-certain"))

    two[1].refresh_from_db()
    assert two[1].merged_into == two[0]
    assert DuplicatePair.objects.get().state == "merged"


def test_what_does_not_fit_into_a_request_waits_for_the_next_one(client, two, watanabe, monkeypatch):
    monkeypatch.setattr(duplicates_views, "SECONDS", 0)
    client.force_login(watanabe)

    page = client.post(reverse("accounts:duplicates-certain"), follow=True).content.decode()

    assert "0組を統合しました、確実な組はあと 1組" in page
    assert (DuplicatePair.objects.get().state, DuplicatePair.objects.get().verdict) == ("open", "certain")


def test_certain_people_are_merged_with_them_once_each(two, watanabe, ito):
    for company in (*two, two[0]):
        make_contact(company, "田所", given_name="誠一", email="tadokoro@aomine.example")
    scanning.start(by=ito)
    relay.drain()
    assert DuplicatePair.objects.filter(contact_a=None, verdict="certain").count() == 1

    made = duplicates.accept_certain(by=watanabe)

    assert [merge.kind for merge in made] == ["company", "contact"]
    assert Contact.objects.active().get().company == two[0]


def test_who_may_not_change_a_company_does_not_merge_it_in_bulk(client, two, tanaka, ito):
    client.force_login(tanaka)

    assert client.post(reverse("accounts:duplicates-certain")).status_code == 403
    two[1].refresh_from_db()
    assert two[1].merged_into is None


def test_what_was_put_off_has_its_own_list(client, two, watanabe):
    DuplicatePair.objects.update(state="later")
    client.force_login(watanabe)

    assert not client.get(reverse("accounts:duplicates")).context["pairs"]
    assert len(client.get(reverse("accounts:duplicates"), {"later": 1}).context["pairs"]) == 1
