"""The same input gives the same record, whichever door it comes through; and no door stands beside this page."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse

from accounts import companies, contacts, hints, matching, merging, places, scanning
from accounts.models import Channel, Company, DuplicatePair
from integrations.models import ImportRow
from leads import intake
from tests.integrations.lists import checked, run

ROOT = Path(__file__).resolve().parent.parent.parent

# Name, phone, mail domain as they come in, and which of the stored companies it is; None: nobody is sure.
SAME = [
    ({"name": "㈱青嶺精工", "phone": "０２６３-22-1111"}, "aomine"),
    ({"name": "ｱｵﾐﾈｾｲｺｳ(ｶ", "phone": "+81-263-22-1111"}, "aomine"),
    ({"name": "青嶺精工 松本工場", "domain": "aomine-seiko.co.jp"}, "aomine"),
    ({"name": "Minato Butsuryu Co., Ltd.", "domain": "minato.co.jp"}, "minato"),
    ({"name": "青嶺精工販売", "domain": "aomine-seiko.co.jp"}, None),
    ({"name": "まったく別の会社"}, None),
]


@pytest.fixture
def stored(sato):
    made = {
        "aomine": {"name": "青嶺精工株式会社", "phone": "0263-22-1111", "domain": "aomine-seiko.co.jp"},
        "minato": {"name": "みなと物流株式会社", "phone": "045-123-4567", "domain": "minato.co.jp"},
    }
    return {key: companies.create_company(values, by=sato) for key, values in made.items()}


def by_asking(values, _by):
    return _sure(matching.find_companies(matching.Candidate(**values)))


def by_hint(values, by):
    return _sure(hints.similar(matching.Candidate(**values), by).matches)


def by_edit(values, by):
    """A new company is put into the queue beside the one it is."""
    before = set(DuplicatePair.objects.values_list("pk", flat=True))
    made = companies.create_company(dict(values), by=by)
    pairs = DuplicatePair.objects.exclude(pk__in=before).filter(verdict="certain")
    return next((pair.company_a for pair in pairs if pair.company_b_id == made.pk), None)


def by_scan(values, by):
    made = companies.create_many([dict(values)], by=by)
    scanning.renew(made)
    pair = DuplicatePair.objects.filter(company_b=made[0], verdict="certain").first()
    return pair.company_a if pair else None


def by_lead(values, by):
    mail = f"tadokoro@{values['domain']}" if values.get("domain") else ""
    given = {
        "company_name": values["name"],
        "phone": values.get("phone", ""),
        "email": mail,
        "family_name": "田所",
    }
    return intake.receive_lead(given, channel=Channel.objects.first(), by=by).company


def by_import(values, by):
    header = "会社名,代表電話,URL\n"
    batch = checked(
        header + f'"{values["name"]}",{values.get("phone", "")},{values.get("domain", "")}\n',
        by,
        kind="companies",
    )
    matches = batch.rows.get().matches
    sure = [match for match in matches if match["of"] == "company" and match["verdict"] == "certain"]
    return companies.Company.objects.get(pk=sure[0]["id"]) if sure else None


def by_list(values, _by):
    """The stored ones and the new one in one list."""
    rows = [
        matching.Candidate(name="青嶺精工株式会社", phone="0263-22-1111", domain="aomine-seiko.co.jp"),
        matching.Candidate(name="みなと物流株式会社", phone="045-123-4567", domain="minato.co.jp"),
        matching.Candidate(**values),
    ]
    places = [match.record for match in matching.find_inside(rows)[2] if match.is_certain]
    names = ["青嶺精工株式会社", "みなと物流株式会社"]
    return companies.Company.objects.get(name=names[places[0]]) if places else None


def _sure(matches):
    return next((match.record for match in matches if match.is_certain), None)


DOORS = {
    "asking": by_asking, "hint": by_hint, "edit": by_edit, "scan": by_scan, "lead": by_lead, "import": by_import, "list": by_list,
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("values", "expected"), SAME)
def test_the_same_input_gives_the_same_record_through_every_door(door, values, expected, stored, watanabe):
    found = DOORS[door](values, watanabe)

    assert found == (stored[expected] if expected else None)


def test_the_page_of_a_new_company_names_the_one_that_is_there(client, stored, sato):
    client.force_login(sato)

    shown = client.get(reverse("accounts:company-similar"), {"name": "㈱青嶺精工", "phone": "0263-22-1111"})

    assert stored["aomine"].get_absolute_url() in shown.text


def test_conversion_finds_the_person_of_the_company(stored, sato):
    given = {"name": "田所 誠一", "email": "tadokoro@aomine-seiko.co.jp"}
    person = contacts.create_contact(stored["aomine"], given, by=sato)

    [found] = matching.find_contacts(stored["aomine"], matching.Candidate(person="田所誠一"))

    assert found.record == person


# Sites of 青嶺精工: 松本工場 in 長野県松本市中央1-2-3 with 0263-22-1111, and 本社, of which only the name is known.
SAME_SITE = [
    ({"name": "松本 工場"}, "松本工場"),
    ({"name": "青嶺精工松本工場", "phone": "0263-99-9999"}, "松本工場"),
    ({"name": "松本工場", "address": "長野県松本市中央１丁目２番３号"}, "松本工場"),
    ({"name": "旧松本製作所"}, "松本工場"),
    ({"name": "塩尻営業所", "phone": "0263-22-1111"}, None),
    ({"name": "第二工場", "address": "長野県松本市中央1-2-3"}, None),
    ({"name": "大阪支店", "address": "大阪府大阪市北区梅田3-4-5"}, None),
]


@pytest.fixture
def factory(stored, watanabe):
    place = {"address": "長野県松本市中央1-2-3", "phone": "0263-22-1111"}
    site = companies.add_site(stored["aomine"], "旧松本製作所", by=watanabe, **place)
    companies.add_site(stored["aomine"], "本社", by=watanabe)
    since = {"since": date(2020, 4, 1), "seen": site.version, "by": watanabe}
    return places.edit_site(site, {"name": "松本工場", **place}, **since)


def site_by_form(values, company, by, client):
    client.force_login(by)
    before = set(company.sites.values_list("pk", flat=True))
    answer = client.post(reverse("accounts:company-site", args=[company.pk]), values)
    if answer.status_code == 302:
        assert company.sites.exclude(pk__in=before).count() == 1
        return None
    assert set(company.sites.values_list("pk", flat=True)) == before
    return answer.context["similar"][0].record


def site_while_typing(values, company, by, client):
    client.force_login(by)
    answer = client.get(reverse("accounts:site-similar", args=[company.pk]), values)
    return _sure(answer.context["similar"])


def site_by_import(values, company, by, client):
    before = set(company.sites.values_list("pk", flat=True))
    line = ["青嶺精工株式会社", company.corporate_number, values["name"]]
    line += [values.get("phone", ""), values.get("address", "")]
    run(checked(f"会社名,法人番号,拠点名,代表電話,住所\n{','.join(line)}\n", by, kind="companies"), by)
    site = ImportRow.objects.get().site
    return None if site.pk not in before else site


def site_by_merge(values, company, by, client):
    """A branch that was written down as a company of its own."""
    before = set(company.sites.values_list("pk", flat=True))
    branch = companies.create_company(
        {"name": "青嶺精工 支店", **{k: v for k, v in values.items() if k != "name"}}, by=by
    )
    merge = merging.make_site(branch, company, by=by, name=values["name"])
    touched = {int(name.removeprefix("site:")) for name in merge.records if name.startswith("site:")}
    found = company.sites.filter(pk__in=touched & before)
    return found.first()


SITE_DOORS = {
    "form of a site": site_by_form, "typing a site": site_while_typing, "import of a site": site_by_import, "merge of a site": site_by_merge,
}  # fmt: skip


@pytest.mark.parametrize("door", SITE_DOORS)
@pytest.mark.parametrize(("values", "expected"), SAME_SITE)
def test_the_same_place_gives_the_same_site_through_every_door(
    door, values, expected, stored, factory, watanabe, client
):
    company = stored["aomine"]
    Company.objects.filter(pk=company.pk).update(corporate_number="7010601060823")
    company.refresh_from_db()

    found = SITE_DOORS[door](values, company, watanabe, client)

    assert found == (factory if expected else None)


def test_a_site_that_seems_to_be_there_is_made_when_the_person_says_it_is_another(client, factory, watanabe):
    company = factory.company
    client.force_login(watanabe)
    url, typed = reverse("accounts:company-site", args=[company.pk]), {"name": "松本 工場"}

    refused = client.post(url, typed)
    assert (refused.status_code, 'name="is_another"' in refused.text) == (422, True)
    assert client.post(url, {**typed, "is_another": "on"}).status_code == 302
    same_name = client.post(url, {"name": "松本工場", "is_another": "on"})

    assert same_name.status_code == 422
    assert sorted(company.sites.values_list("name", flat=True)) == sorted(["本社", "松本工場", "松本 工場"])


# Which modules ask the matcher, and by which door above they are driven.
ASKING = {
    "accounts/companies.py": "edit",
    "accounts/contacts.py": "conversion",
    "accounts/hints.py": "hint",
    "accounts/scanning.py": "scan",
    "accounts/merging/placing.py": "merge of a site",
    "accounts/views/companies.py": "hint",
    "accounts/views/places.py": "form of a site",
    "integrations/imports/checking.py": "import",
    "integrations/imports/known_deals.py": "import",
    "integrations/imports/places_of_lines.py": "import of a site",
    "integrations/imports/repeats.py": "list",
    "integrations/imports/run_companies.py": "import",
    "integrations/imports/run_deals.py": "import",
    "leads/conversion.py": "conversion",
    "leads/intake.py": "lead",
    "leads/views/deciding.py": "asking",
}


def test_every_door_is_on_this_page():
    asks = re.compile(r"matching\.(?:find_|Inside\()|hints\.similar|queue_similar\(")
    apps = ("accounts", "activities", "billing", "dashboards", "integrations", "leads", "pipeline")
    found = {
        str(path.relative_to(ROOT))
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if "dedup" not in path.parts
        and path.name not in ("matching.py", "site_matching.py")
        and asks.search(path.read_text(encoding="utf-8"))
    }

    assert found == set(ASKING)
    assert set(ASKING.values()) <= {*DOORS, *SITE_DOORS, "conversion"}


def test_nobody_compares_names_of_companies_past_the_matcher():
    """Weighing two companies is the engine's; others ask for its decision."""
    outside = [
        str(path.relative_to(ROOT))
        for app in ("activities", "leads", "pipeline", "integrations")
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"rapidfuzz|MatchKey\.objects", path.read_text(encoding="utf-8"))
    ]
    assert outside == []
