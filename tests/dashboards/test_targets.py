"""Targets: set by quarter, kept by month, shown beside what was won a year before."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from crm.lib.fiscal import Quarter
from crm.lib.questions import ask
from dashboards.figures import periods, sales
from dashboards.models import Target
from dashboards.targets import setting, table
from staff import fiscal_year, versions
from staff.models import CompanyProfile, Event
from tests.factories import make_deal

pytestmark = pytest.mark.django_db
SECOND = Quarter(2026, 2)


def amounts(**keys) -> dict[date, Decimal]:
    return dict(Target.objects.filter(**keys).order_by("month").values_list("month", "amount"))


def test_a_quarter_is_spread_over_its_months_to_the_yen(watanabe, sato):
    assert setting.set_target(sato, SECOND, Decimal(10_000_001), by=watanabe)

    assert amounts(user=sato) == {
        date(2026, 7, 1): 3_333_333, date(2026, 8, 1): 3_333_333, date(2026, 9, 1): 3_333_335,
    }  # fmt: skip
    found = ask(sales.target(Target.objects.filter(user=sato), periods.of_quarter(SECOND)))
    assert found == 10_000_001
    event = Event.objects.get(kind="target.set")
    assert (event.before, event.after, event.actor_id) == (
        {"amount": None},
        {"amount": "10000001"},
        watanabe.pk,
    )


def test_a_target_is_changed_and_taken_away(watanabe, team_one):
    setting.set_target(team_one, SECOND, Decimal(900), by=watanabe)
    assert setting.set_target(team_one, SECOND, Decimal(300), by=watanabe, base=Decimal(900))
    assert list(amounts(team=team_one).values()) == [100, 100, 100]

    assert setting.set_target(team_one, SECOND, None, by=watanabe, base=Decimal(300))
    assert not Target.objects.exists()


def test_what_somebody_else_has_set_meanwhile_stays(watanabe, ito, team_one):
    setting.set_target(team_one, SECOND, Decimal(900), by=ito)

    assert not setting.set_target(team_one, SECOND, Decimal(300), by=watanabe, base=None)
    assert sum(amounts(team=team_one).values()) == 900


def test_reps_and_managers_of_others_set_nothing(sato, watanabe, team_one):
    watanabe.team = sato.team.parent.children.create(name="営業三課", path="/9/")
    watanabe.save()

    for person, subject in ((sato, sato), (watanabe, team_one), (watanabe, None)):
        with pytest.raises(PermissionDenied):
            setting.set_target(subject, SECOND, Decimal(1), by=person)
    assert not Target.objects.exists()


def test_the_table_shows_those_below_with_what_they_won_a_year_before(sato, tanaka, watanabe, sales):
    last_year = timezone.make_aware(datetime(2025, 8, 3, 10))
    make_deal(sato, "Won", at=last_year, amount=Decimal(500))
    make_deal(tanaka, "Won", at=last_year, amount=Decimal(70))
    setting.set_target(sato, SECOND, Decimal(600), by=watanabe)
    setting.set_target(sato.team, SECOND, Decimal(900), by=watanabe)

    rows = {str(row.subject): row.cells[1] for row in table.rows(watanabe, 2026)}

    assert list(rows) == ["営業部", "渡辺 剛", "営業一課", "佐藤 美咲", "営業二課", "田中 悠"]
    assert (rows["営業部"].won_before, rows["営業一課"].won_before, rows["佐藤 美咲"].won_before) == (
        570,
        500,
        500,
    )
    one = rows["営業一課"]
    assert (one.target, one.below, one.is_short) == (900, 600, True)


def test_only_who_reads_everything_sees_the_company(kobayashi, watanabe):
    assert table.rows(kobayashi, 2026)[0].key == "company"
    assert "company" not in [row.key for row in table.rows(watanabe, 2026)]


def test_the_page_takes_amounts_as_people_type_them(watanabe, sato, client):
    client.force_login(watanabe)
    key = f"user-{sato.pk}"
    sent = {"row": key, "year": "2026", f"{key}-q2": "1,200万", f"base-{key}-q2": ""}

    assert client.post(reverse("dashboards:targets"), sent).status_code == 302

    assert sum(amounts(user=sato).values()) == 12_000_000
    assert "¥1,200万" in client.get(reverse("dashboards:targets"), {"year": 2026}).content.decode()
    refused = client.post(reverse("dashboards:targets"), {**sent, f"{key}-q2": "たくさん"})
    assert refused.status_code == 422
    assert client.post(reverse("dashboards:targets"), {**sent, "row": "user-0"}).status_code == 404
    assert sum(amounts(user=sato).values()) == 12_000_000


def test_an_amount_that_is_no_whole_man_is_shown_in_full(watanabe, sato):
    setting.set_target(sato, SECOND, Decimal(10_000_001), by=watanabe)

    cell = next(row for row in table.rows(watanabe, 2026) if row.subject == sato).cells[1]

    assert cell.typed == "10,000,001"


def test_another_fiscal_year_gives_other_quarters(ito, watanabe, sato, client):
    setting.set_target(sato, SECOND, Decimal(300), by=watanabe)
    client.force_login(ito)

    seen = CompanyProfile.load().version
    client.post(reverse("dashboards:fiscal-start"), {"month": 1, "seen": seen})

    assert CompanyProfile.load().fiscal_start_month == 1
    assert Event.objects.get(kind="profile.fiscal_start_changed").after == {"month": 1}
    cells = next(row for row in table.rows(watanabe, 2026) if row.subject == sato).cells
    assert [cell.target for cell in cells] == [None, None, 300, None]
    with pytest.raises(versions.Stale):
        fiscal_year.change_start(4, seen=seen, by=ito)
