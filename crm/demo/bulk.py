"""Any number of made-up deals with their history, written set-wise: for measuring, never for showing.

The same seed makes the same rows. Moves are written as waived by a manager, since nobody answered any criteria.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pghistory
from django.db import connection, transaction
from django.utils import timezone

from accounts import companies, contacts
from accounts.models import Channel, Company
from crm.demo import cast
from crm.lib import text
from pipeline import rollups
from pipeline.models import Figure, LossReason, Stage
from staff import teams
from staff.models import Role, Team, User

# The deferred constraints of so many deals take some 100 MB until their transaction ends.
BATCH = 20_000
DEALS_A_COMPANY = 5
LEADS_A_DEAL = 0.25
WAIVER = "made in bulk"


def fill(deals: int, seed: int, say: Callable[[str], None]) -> None:
    """Adds companies, people, leads and `deals` deals with moves, activities, todos and events, batch by batch."""
    rng = random.Random(seed)
    owners = _owners()
    company_ids = _companies(max(50, deals // DEALS_A_COMPANY), rng, owners, say)
    titles = _titles()
    for first in range(0, deals, BATCH):
        count = min(BATCH, deals - first)
        with transaction.atomic(), pghistory.context(user=User.objects.system().pk, reason=WAIVER):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
            _deals(first, count, seed, owners, company_ids, titles)
            _leads(first, int(count * LEADS_A_DEAL), seed, owners, company_ids)
        rollups.fold()
        say(f"{first + count:,} of {deals:,} deals")
    # Deals and both kinds of their moves came in one statement: what triggers see of one is half of the other.
    rollups.repair([Figure.COHORT])
    rollups.fold()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _owners() -> list[User]:
    """Sixty reps in six teams beside the sample people, so that teams see parts of the whole."""
    system = User.objects.system()
    top = Team.objects.get(parent=None)
    made = list(User.objects.filter(email__endswith="@bulk.example").order_by("pk"))
    for t in range(6 if not made else 0):
        team = teams.create_team(f"営業第{t + 3}課", top, by=system)
        for n in range(10):
            family, given = cast.FAMILY[(t * 10 + n) % len(cast.FAMILY)], cast.GIVEN[n % len(cast.GIVEN)]
            made.append(
                User.objects.create(
                    email=f"rep{t}{n}@bulk.example",
                    family_name=family[0],
                    given_name=given[0],
                    family_kana=family[1],
                    given_kana=given[1],
                    team=team,
                    role=Role.REP,
                    password="!",  # noqa: S106 - nobody can sign in with it
                )  # fmt: skip
            )
    return [
        *User.objects.people().filter(role=Role.REP).exclude(email__endswith="@bulk.example").order_by("pk"),
        *made,
    ]


def _companies(count: int, rng: random.Random, owners: list[User], say: Callable[[str], None]) -> list[int]:
    """Ids of new companies with one or two people each, through the functions of the imports."""
    ids: list[int] = []
    system = User.objects.system()
    for first in range(0, count, 2000):
        with transaction.atomic():
            rows = [_company(n, rng, owners) for n in range(first, min(first + 2000, count))]
            made = companies.create_many(rows, by=system)
            contacts.create_many(
                [(company, _person(company, n)) for n, company in enumerate(made)], by=system
            )
            ids += [company.pk for company in made]
    say(f"{count:,} companies")
    return ids


def _company(n: int, rng: random.Random, owners: list[User]) -> dict[str, object]:
    place, trade = rng.choice(cast.PLACES), rng.choice(cast.TRADES)
    family = rng.choice(cast.FAMILY)
    prefecture, city = rng.choice(cast.TOWNS)
    return {
        "name": f"株式会社{place[0]}{family[0]}{trade[0]}{_ordinal(n)}", "kana": f"{place[1]}{family[1]}{trade[1]}",
        "industry": trade[2], "employees": rng.randrange(20, 900), "prefecture": prefecture, "city": city,
        "street": f"{rng.randrange(1, 9)}丁目{rng.randrange(1, 40)}-{rng.randrange(1, 20)}",
        "domain": f"bulk{n}.example", "owner": owners[n % len(owners)],
    }  # fmt: skip


def _ordinal(n: int) -> str:
    """A suffix of two kanji numerals or more, so that no two companies share their name."""
    return "".join("〇一二三四五六七八九"[int(digit)] for digit in f"{n:02}")


def _person(company: Company, n: int) -> dict[str, object]:
    family, given = cast.FAMILY[n * 7 % len(cast.FAMILY)], cast.GIVEN[n * 5 % len(cast.GIVEN)]
    return {
        "family_name": family[0], "given_name": given[0], "family_kana": family[1], "given_kana": given[1],
        "title": cast.TITLES[n % len(cast.TITLES)], "email": f"p{n}@{company.domain}",
    }  # fmt: skip


def _titles() -> list[str]:
    return [f"{place}工場 {wish}" for place, _kana in cast.PLACES for wish in cast.WISHES]


_PICKED = """
    picked AS MATERIALIZED (
        SELECT i, nextval('pipeline_deal_id_seq') AS id,
               abs(hashint8extended(i, %(seed)s + 1)) %% 1000 AS luck,
               abs(hashint8extended(i, %(seed)s + 2)) %% 1800 AS days_ago,
               1 + abs(hashint8extended(i, %(seed)s + 3)) %% cardinality(%(owners)s::bigint[]) AS o,
               1 + abs(hashint8extended(i, %(seed)s + 4)) %% cardinality(%(companies)s::bigint[]) AS c,
               1 + abs(hashint8extended(i, %(seed)s + 5)) %% cardinality(%(titles)s::text[]) AS t,
               1 + abs(hashint8extended(i, %(seed)s + 6)) %% 6 AS reached,
               (10 + abs(hashint8extended(i, %(seed)s + 7)) %% 900) * 10000 AS amount,
               1 + abs(hashint8extended(i, %(seed)s + 8)) %% cardinality(%(channels)s::bigint[]) AS ch,
               1 + abs(hashint8extended(i, %(seed)s + 9)) %% cardinality(%(reasons)s::bigint[]) AS r
        FROM generate_series(%(first)s, %(first)s + %(count)s - 1) AS i
    ),
    deal AS MATERIALIZED (
        -- Of a hundred 15 are open, 30 won, 55 lost. An open deal began lately; a closed one took seven days a stage.
        SELECT *, CASE WHEN luck < 150 THEN 'open' WHEN luck < 450 THEN 'won' ELSE 'lost' END AS kind,
               CASE WHEN luck BETWEEN 150 AND 449 THEN 6 ELSE reached END AS depth,
               %(now)s::timestamptz - make_interval(days => (CASE WHEN luck < 150 THEN reached * 7 + days_ago %% 25 ELSE 60 + days_ago END)::int)
                   AS began
        FROM picked
    )
"""

_DEALS = f"""
    WITH {_PICKED},
    saved AS (
        INSERT INTO pipeline_deal (
            id, name, company_id, owner_id, team_id, channel_id, stage_id, stage_entered_at, amount, close_on, budget, wanted_on,
            own_probability_reason, probability, weighted_amount, stalls_on, stall_alerted_for, criteria_met, criteria_total,
            last_activity_at, first_contacted_at, activity_kinds, last_done, stall_why, next_action_on, next_action_kind, closed_at, loss_reason_id,
            competitor, outcome_note, created_at, version, search_text, search_grams)
        SELECT id, (%(titles)s::text[])[t], (%(companies)s::bigint[])[c], (%(owners)s::bigint[])[o], (%(teams)s::bigint[])[o],
            (%(channels)s::bigint[])[ch],
            CASE kind WHEN 'open' THEN (%(stages)s::bigint[])[depth] WHEN 'won' THEN %(won)s ELSE %(lost)s END,
            began + make_interval(days => (depth * 7 - (CASE kind WHEN 'open' THEN 7 ELSE 0 END))::int),
            amount, (began + interval '70 days')::date, NULL, NULL, '',
            CASE kind WHEN 'open' THEN (%(probabilities)s::int[])[depth] WHEN 'won' THEN 100 ELSE 0 END,
            CASE kind WHEN 'open' THEN amount * (%(probabilities)s::int[])[depth] / 100 WHEN 'won' THEN amount ELSE 0 END,
            CASE kind WHEN 'open' THEN (began + make_interval(days => ((depth - 1) * 7 + (%(patience)s::int[])[depth])::int))::date END,
            NULL, 0, CASE kind WHEN 'open' THEN (%(criteria)s::int[])[depth] ELSE 0 END,
            began + interval '5 days', began + interval '1 day', ARRAY['call', 'mail'],
            jsonb_build_object('call', began + interval '1 day', 'mail', began + interval '3 days', 'meeting', began + interval '5 days'), '',
            CASE WHEN kind = 'open' AND luck %% 10 > 0 THEN %(today)s::date + (luck %% 14)::int - 3 END,
            CASE WHEN kind = 'open' AND luck %% 10 > 0 THEN 'call' ELSE '' END,
            CASE WHEN kind <> 'open' THEN began + make_interval(days => (depth * 7)::int) END,
            CASE WHEN kind = 'lost' THEN (%(reasons)s::bigint[])[r] END,
            '', '', began, 1, (%(folded)s::text[])[t], string_to_array((%(grams)s::text[])[t], chr(31))
        FROM deal RETURNING id
    ),
    moves AS (
        INSERT INTO pipeline_stagemove (deal_id, from_stage_id, to_stage_id, by_id, at, waiver, waived_count, waived, reason, xact)
        SELECT id, CASE WHEN n > 1 THEN (%(stages)s::bigint[])[n - 1] END, (%(stages)s::bigint[])[n], (%(owners)s::bigint[])[o],
               began + make_interval(days => ((n - 1) * 7)::int), CASE WHEN n > 1 THEN %(waiver)s ELSE '' END,
               CASE WHEN n > 1 THEN 1 ELSE 0 END, '{{}}', '', 0
        FROM deal, generate_series(1, depth) AS n
    ),
    ends AS (
        INSERT INTO pipeline_stagemove (deal_id, from_stage_id, to_stage_id, by_id, at, waiver, waived_count, waived, reason, xact)
        SELECT id, (%(stages)s::bigint[])[depth], CASE kind WHEN 'won' THEN %(won)s ELSE %(lost)s END, (%(owners)s::bigint[])[o],
               began + make_interval(days => (depth * 7)::int), CASE kind WHEN 'won' THEN %(waiver)s ELSE '' END,
               CASE kind WHEN 'won' THEN 1 ELSE 0 END, '{{}}', ''
             , 0
        FROM deal WHERE kind <> 'open'
    ),
    done AS (
        INSERT INTO activities_activity (kind, deal_id, company_id, body, reached, minutes, by_id, team_id, at, created_at, version)
        SELECT (ARRAY['call', 'mail', 'meeting'])[n], id, (%(companies)s::bigint[])[c], '', true, 10, (%(owners)s::bigint[])[o],
               (%(teams)s::bigint[])[o], began + make_interval(days => n * 2 - 1), began + make_interval(days => n * 2 - 1), 1
        FROM deal, generate_series(1, 3) AS n
    ),
    planned AS (
        INSERT INTO activities_todo (title, kind, deal_id, company_id, owner_id, team_id, due_on, created_at, created_by_id, version)
        SELECT '次の電話', 'call', id, (%(companies)s::bigint[])[c], (%(owners)s::bigint[])[o], (%(teams)s::bigint[])[o],
               %(today)s::date + (luck %% 14)::int - 3, began, (%(owners)s::bigint[])[o], 1
        FROM deal WHERE kind = 'open' AND luck %% 10 > 0
    )
    INSERT INTO staff_event (kind, actor_id, happened_at, subject_type, subject_id, company_id, deal_id, before, after, data, request_id)
    SELECT CASE n WHEN 1 THEN 'deal.created' WHEN 2 THEN 'deal.' || kind END, (%(owners)s::bigint[])[o],
           began + make_interval(days => (CASE n WHEN 1 THEN 0 ELSE depth * 7 END)::int), 'deal', id, (%(companies)s::bigint[])[c], id,
           '{{}}', jsonb_build_object('amount', amount), '{{}}', ''
    FROM deal, generate_series(1, 2) AS n WHERE n = 1 OR kind <> 'open'
"""  # noqa: S608 - put together from constants


def _deals(
    first: int, count: int, seed: int, owners: list[User], company_ids: list[int], titles: list[str]
) -> None:
    stages = list(
        Stage.objects.filter(pipeline__is_default=True).order_by("position").prefetch_related("exit_criteria")
    )
    opened = [stage for stage in stages if stage.is_open]
    with connection.cursor() as cursor:
        cursor.execute(
            _DEALS,
            _common(first, count, seed, owners, company_ids)
            | {
                "titles": titles,
                "folded": [text.search_text(title) for title in titles],
                "grams": ["\x1f".join(text.search_grams(title)) for title in titles],
                "stages": [stage.pk for stage in opened],
                "probabilities": [stage.probability for stage in opened],
                "patience": [stage.patience_days for stage in opened],
                "criteria": [len(stage.exit_criteria.all()) for stage in opened],
                "won": next(stage.pk for stage in stages if stage.kind == Stage.Kind.WON),
                "lost": next(stage.pk for stage in stages if stage.kind == Stage.Kind.LOST),
                "reasons": list(LossReason.objects.values_list("pk", flat=True)),
                "waiver": WAIVER,
            },
        )


_LEADS = """
    INSERT INTO leads_lead (
        company_name, company_kana, family_name, given_name, family_kana, given_kana, department, title, email, phone, industry,
        employees, postal_code, prefecture, city, street, interest, channel_id, campaign, state, state_reason, owner_id, team_id,
        assigned_because, assigned_at, company_id, clock_rule_id, received_at, first_contact_due_at, first_contacted_at, score,
        score_reasons, created_at, version, search_text, search_grams)
    SELECT c.name, c.kana, '', '', '', '', '', '', 'lead' || i || '@bulk.example', '', c.industry, c.employees, '', c.prefecture, '', '', '',
        (%(channels)s::bigint[])[1 + i %% cardinality(%(channels)s::bigint[])], '',
        CASE WHEN luck < 30 THEN 'new' WHEN luck < 500 THEN 'nurture' ELSE 'disqualified' END, '',
        (%(owners)s::bigint[])[o], (%(teams)s::bigint[])[o], '{}', at, c.id, NULL, at, at + interval '2 days',
        CASE WHEN luck >= 30 THEN at + interval '1 day' END, abs(luck) %% 100, '{}', at, 1, c.search_text, c.search_grams
    FROM (
        SELECT i, abs(hashint8extended(i, %(seed)s + 11)) %% 1000 AS luck,
               1 + abs(hashint8extended(i, %(seed)s + 12)) %% cardinality(%(owners)s::bigint[]) AS o,
               (%(companies)s::bigint[])[1 + abs(hashint8extended(i, %(seed)s + 13)) %% cardinality(%(companies)s::bigint[])] AS company,
               %(now)s::timestamptz - make_interval(hours => (abs(hashint8extended(i, %(seed)s + 14)) %% 40000)::int) AS at
        FROM generate_series(%(first)s, %(first)s + %(count)s - 1) AS i
    ) AS l JOIN accounts_company c ON c.id = l.company
"""


def _leads(first: int, count: int, seed: int, owners: list[User], company_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LEADS, _common(first, count, seed, owners, company_ids))


def _common(first: int, count: int, seed: int, owners: list[User], company_ids: list[int]) -> dict[str, Any]:
    return {
        "first": first,
        "count": count,
        "seed": seed,
        "owners": [owner.pk for owner in owners],
        "teams": [owner.team_id for owner in owners],
        "companies": company_ids,
        "channels": list(Channel.objects.values_list("pk", flat=True)),
        "now": timezone.now() - timedelta(hours=1),
        "today": timezone.localdate(),
    }
