"""Eighteen months of さくら産機, told through the same functions that people use. The same seed tells the same story."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import bin, companies, contacts, files, groups, known_by, merging, moving
from accounts.models import Channel, Company, Contact, Division, Site
from activities import log, todos
from activities.automation import editing as editing_of_automations
from activities.models import Todo
from activities.playbooks import issuing
from crm.demo import cast, lists, method, texts
from crm.demo.people import add_people
from crm.demo.walk import Walk
from crm.lib import workdays
from dashboards.channels import costs
from dashboards.meeting import agenda, deciding
from dashboards.models import Target
from dashboards.roi import costs as crm_costs
from dashboards.weekly import freezing
from leads import conversion, editing, first_contact, intake
from leads.models import Lead
from pipeline import counting, deals, measuring, rollups, stall_alerts
from pipeline.models import Deal, LossReason, Stage
from staff import relay, working_time
from staff.models import Team, User

MONTHS = 16
# The customer whose people and places stand in the pictures.
PICTURED = "青嶺精工株式会社"
# channel → (share of leads, chance to become a deal, chance of a deal to be won)
CHANNELS = {
    "exhibition": (30, 0.32, 0.22), "download": (20, 0.41, 0.25), "web_form": (14, 0.50, 0.29), "webinar": (13, 0.44, 0.28),
    "ad": (11, 0.18, 0.15), "referral": (7, 0.75, 0.46), "partner": (5, 0.62, 0.38),
}  # fmt: skip
LOSSES = {"features": 14, "timing": 11, "price": 9, "no_decider": 6, "silent": 4, "no_need": 2}


class Story:
    def __init__(
        self, seed: int, today: date, say: Callable[[str], None] = print, months: int = MONTHS
    ) -> None:
        self.rng, self.today, self.say = random.Random(seed), today, say
        self.numbers = itertools.count()  # of the people who are made up
        self.now = min(timezone.now(), timezone.make_aware(datetime.combine(today, time(17, 30))))
        self.channels = {c.code: c for c in Channel.objects.all()}
        self.reasons = {r.code: r for r in LossReason.objects.all()}
        self.months = months
        self.people: dict[str, User] = {}
        self.firms: dict[str, Company] = {}

    def tell(self) -> None:
        """Everything, in one transaction: a sample company is there whole or not at all."""
        with transaction.atomic():
            self.people = add_people()
            self._targets()
            self._firms()
            self._past()
            self._open_deals()
            self._waiting_leads()
            self._this_week()
            self._meetings()
            self._spending()
            self._duplicates()
            self._merged_and_removed()
            self._restricted()
            self._groups_and_papers()
            Todo.objects.filter(done_at__isnull=False).update(created_at=F("done_at") - timedelta(days=4))
        relay.drain()
        system = User.objects.system()
        stall_alerts.raise_alerts(self.today, by=system)
        first_contact.raise_alerts(timezone.now(), by=system)
        relay.drain()
        lists.bring_in(self.people["watanabe"])
        method.tell(self.people, self.today)
        relay.drain()
        self._what_runs_by_itself()  # after what was won and lost before: nobody owes thanks for that
        texts.tell(self.people, self.today)
        counting.count_uncounted()
        measuring.measure_stages()
        relay.drain()
        rollups.fold()
        freezing.freeze(timezone.now())

    def _what_runs_by_itself(self) -> None:
        """Playbooks (agreed on some weeks ago), automations and days of the company's own: from now on, not for the past."""
        ito = self.people["ito"]
        stages = {stage.name_en: stage for stage in Stage.objects.filter(pipeline__is_default=True)}
        for name, title, kind, days in cast.PLAYBOOK:
            issuing.save_step(stages[name], title, kind, days, by=ito, at=self.now - timedelta(days=44))
        for trigger, name, wanted, acting in cast.AUTOMATIONS:
            values = {"trigger": trigger, "stage": stages.get(name), "field": "", "offset_days": 0}
            editing_of_automations.save({**values, "conditions": wanted, "actions": acting}, by=ito)
        summer = self.today.year + (self.today.month > 7)
        for day in (13, 14, 15):
            working_time.add_day(date(summer, 8, day), "closed", by=ito, name="夏季休業")
        working_time.add_day(date(summer, 12, 28), "half", by=ito, name="仕事納め", closes=time(12))

    # Customers ------------------------------------------------------------------------------------

    def _firms(self) -> None:
        past = [self._made_up_firm(n) for n in range(110)]
        for n, firm in enumerate([*cast.FIRMS, *past]):
            self.firms[firm.name] = self._firm(n, firm)
        self._tree_of_aomine()

    def _made_up_firm(self, n: int) -> cast.Firm:
        place, trade = (
            cast.PLACES[n % len(cast.PLACES)],
            cast.TRADES[(n * 3 + n // len(cast.PLACES)) % len(cast.TRADES)],
        )
        prefecture, city = cast.TOWNS[n % len(cast.TOWNS)]
        name = f"株式会社{place[0]}{trade[0]}" if n % 3 == 0 else f"{place[0]}{trade[0]}株式会社"
        return cast.Firm(name, place[1] + trade[1], trade[2], self.rng.randrange(30, 400), prefecture, city)

    def _firm(self, n: int, firm: cast.Firm) -> Company:
        owner = self._owner_of(firm.prefecture, n)
        since = self._at(self.today - timedelta(days=30 * MONTHS + 40 - n % 30))
        values = {
            "name": firm.name, "kana": firm.kana, "industry": firm.industry, "employees": firm.employees,
            "prefecture": firm.prefecture, "city": firm.city, "street": f"{n % 5 + 1}丁目{n % 20 + 1}-{n % 9 + 1}",
            "phone": f"03-{5200 + n:04}-{1000 + n * 37 % 9000:04}", "domain": f"firm{n:03}.example", "owner": owner,
        }  # fmt: skip
        [company] = companies.create_many([values], by=owner, at=since)
        for k in range(1 + n % 3 if firm.name != PICTURED else 0):
            self._person(company, k, since)
        if n % 4 == 1:
            Division.objects.create(company=company, name="生産本部")
            Site.objects.create(company=company, name="本社工場", prefecture=firm.prefecture, city=firm.city)
        return company

    def _person(self, company: Company, k: int, at: datetime) -> Contact:
        n = next(self.numbers)
        # 91 shares no factor with the number of names: none comes twice before all have come.
        second, first = divmod(n * 91 % (len(cast.FAMILY) * len(cast.GIVEN)), len(cast.FAMILY))
        family, given = cast.FAMILY[first], cast.GIVEN[second]
        values = {
            "family_name": family[0], "given_name": given[0], "family_kana": family[1], "given_kana": given[1],
            "title": cast.TITLES[(n + k) % len(cast.TITLES)], "email": f"person{company.pk}-{k}@{company.domain}",
            "decision_role": ["decides", "drives", "uses", "buys"][k % 4],
        }  # fmt: skip
        return contacts.create_contact(company, values, by=self._keeper(company), at=at)

    def _keeper(self, company: Company) -> User:
        return company.owner or self.people["watanabe"]

    def _tree_of_aomine(self) -> None:
        company = self.firms[PICTURED]
        production, parts, head = (
            Division.objects.create(company=company, name=n)
            for n in ("生産本部", "電子部品事業部", "管理本部")
        )
        place = {"prefecture": "長野県"}
        second = Site.objects.create(
            company=company, division=production, name="第二工場", city="松本市", **place
        )
        Site.objects.create(company=company, division=production, name="第一工場", city="長野市", **place)
        suwa = Site.objects.create(company=company, division=parts, name="諏訪事業所", city="諏訪市", **place)
        people = [
            ("田所", "誠一", "タドコロ", "セイイチ", "製造部長", "decides", production, second),
            ("小林", "直樹", "コバヤシ", "ナオキ", "検査課", "drives", production, second),
            ("岡田", "修", "オカダ", "オサム", "製造課", "uses", parts, suwa),
            ("三浦", "恵", "ミウラ", "メグミ", "購買課", "buys", head, None),
        ]
        for n, (family, given, fk, gk, title, role, division, site) in enumerate(people):
            values = {
                "family_name": family, "given_name": given, "family_kana": fk, "given_kana": gk, "title": title,
                "decision_role": role, "division": division, "site": site, "email": f"aomine{n}@{company.domain}",
            }  # fmt: skip
            contacts.create_contact(company, values, by=self.people["sato"], at=company.created_at)

    # The past -------------------------------------------------------------------------------------

    def _past(self) -> None:
        """About 25 leads a month: some become deals, some of these are won, most others are looked after or set aside."""
        names = [name for name in self.firms if name not in {f.name for f in cast.FIRMS[:12]}]
        for month in range(self.months, 0, -1):
            for n in range(22 + (MONTHS - month) // 3):
                day = self.today - timedelta(days=month * 30 - self.rng.randrange(30))
                self._past_lead(self.firms[self.rng.choice(names)], self._workday(day), n)

    def _past_lead(self, company: Company, day: date, n: int) -> None:
        code = self.rng.choices(list(CHANNELS), [share for share, *_ in CHANNELS.values()])[0]
        _share, becomes_deal, is_won = CHANNELS[code]
        lead = self._lead_of(company, code, min(self.now, self._at(day, 10)))
        speed = self.rng.choices([3, 20, 40, 60], [45, 35, 14, 6])[0]
        contacted = min(self.now, workdays.due(lead.received_at, speed, workdays.Unit.BUSINESS_DAYS))
        if self.rng.random() < 0.94:
            log.log_activity("call", by=lead.owner, lead=lead, body="用件を聞いた。", at=contacted, minutes=6)
        age = (self.today - day).days
        if self.rng.random() < becomes_deal and age > 20:
            self._past_deal(Lead.objects.get(pk=lead.pk), contacted, is_won, age)
        elif self.rng.random() < 0.35:
            editing.disqualify(Lead.objects.get(pk=lead.pk), "対象の設備がない", by=lead.owner, at=contacted)
        elif age > 14:
            editing.nurture(Lead.objects.get(pk=lead.pk), by=lead.owner, at=contacted)

    def _lead_of(self, company: Company, code: str, at: datetime) -> Lead:
        person = company.contacts.order_by("pk")[0]
        values = {
            "company_name": company.name, "family_name": person.family_name, "given_name": person.given_name,
            "title": person.title, "email": person.email, "phone": company.phone, "industry": company.industry,
            "employees": company.employees, "prefecture": company.prefecture,
        }  # fmt: skip
        campaign = {
            "exhibition": "展示会 2026 春",
            "webinar": "省人化ウェビナー",
            "download": "検査装置カタログ",
        }.get(code, "")
        return intake.receive_lead(
            values,
            channel=self.channels[code],
            by=User.objects.system(),
            at=at,
            campaign=campaign,
            owner=company.owner,
        )

    def _past_deal(self, lead: Lead, contacted: datetime, is_won: float, age: int) -> None:
        amount = Decimal(self.rng.choice([240, 320, 380, 450, 520, 640, 780, 960, 1240, 1480])) * 10_000
        begin = min(self.now, contacted + timedelta(days=self.rng.randrange(1, 5)))
        deal = conversion.convert_lead(
            lead, by=lead.owner, seen=lead.version, deal_name=self.rng.choice(cast.WISHES), amount=amount,
            close_on=timezone.localdate(begin) + timedelta(days=60), at=begin,
        )  # fmt: skip
        walk = Walk(deal, self.rng, timezone.localdate(begin))
        won = self.rng.random() < is_won
        # Those who were asked about budget and competition early are won more often; the story shows it.
        last_stage = 6 if won else self.rng.choices([1, 2, 3, 4, 5, 6], [10, 22, 30, 18, 14, 6])[0]
        pace = max(3, min(12, (age - 12) // 7))
        yesterday = self.today - timedelta(days=1)
        for stage in range(1, last_stage + 1):
            # Some of what a stage asks is heard soon, of those that are lost there, too.
            walk.pass_days(1, yesterday)
            walk.meet(walk.aside("heard").choice([0, 1, 1, 2, 2]))
            walk.pass_days(self.rng.randrange(1, pace), yesterday)
            if self.rng.random() < 0.6:
                walk.call(kind=self.rng.choice(["call", "mail", "visit"]))
            if won or stage < last_stage:
                walk.advance()
        if not won:
            walk.lose(self.reasons[self.rng.choices(list(LOSSES), list(LOSSES.values()))[0]])
        walk.close_todos()

    # Today ----------------------------------------------------------------------------------------

    def _open_deals(self) -> None:
        for row in cast.OPEN_DEALS:
            self._open_deal(row)

    def _open_deal(self, row: cast.OpenDeal) -> None:
        company, owner = self.firms[row.firm], self.people[row.owner]
        before = 9 * (row.stage - 1)
        entered = self._workday(self.today - timedelta(days=row.days_in_stage), back=True)
        start = self._workday(entered - timedelta(days=before), back=True)
        contact = company.contacts.order_by("pk").first()
        deal = deals.create_deal(
            name=row.title, company=company, owner=owner, by=owner, contact=contact if row.met or row.stage > 1 else None,
            channel=self.channels[self.rng.choice(list(CHANNELS))], amount=row.amount and Decimal(row.amount) * 10_000,
            close_on=self._close_of(row), at=self._at(start, 10),
        )  # fmt: skip
        walk = Walk(deal, self.rng, start)
        for stage in range(1, row.stage):
            walk.call(kind=["call", "meeting", "visit", "mail", "call", "meeting"][stage - 1])
            walk.meet(99)
            walk.day = entered if stage == row.stage - 1 else self._workday(start + timedelta(days=9 * stage))
            walk.advance()
        walk.close_todos()
        walk.pass_days(min(2, row.days_in_stage), self.today)
        if row.next:
            kind, title, days = row.next
            due = (
                self.today + timedelta(days=days)
                if days <= 0
                else workdays.add(self.today + timedelta(days=days), 0)
            )
            todos.add_todo(title, owner=owner, by=owner, due_on=due, kind=kind, deal=deal, at=walk.moment())
        walk.meet(row.met)

    def _close_of(self, row: cast.OpenDeal) -> date | None:
        """The day of the cast; what is being negotiated closes within the month while there are days left in it."""
        if row.closes_in is None:
            return None
        day = self.today + timedelta(days=row.closes_in)
        month_end = (self.today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        return min(day, month_end) if row.stage == 6 and (month_end - self.today).days > 3 else day

    def _waiting_leads(self) -> None:
        for n, row in enumerate(cast.WAITING_LEADS):
            name, kana, family, given, title, industry, employees, prefecture, code, hours = row
            values = {
                "company_name": name, "company_kana": kana, "family_name": family, "given_name": given, "title": title,
                "industry": industry, "employees": employees, "prefecture": prefecture,
                "email": f"info@lead{hours:03}.example",
            }  # fmt: skip
            received = self._received(hours)
            # Some go to whom the pictures show; the others find their people by the rules.
            taker = self.people["sato"] if n % 3 == 1 else None
            lead = intake.receive_lead(
                values, channel=self.channels[code], by=User.objects.system(), at=received, owner=taker
            )
            for kind in ["pricing", "download", "webinar"][: hours % 4]:
                intake.add_touch(
                    lead, kind, by=User.objects.system(), at=min(self.now, received + timedelta(hours=2))
                )

    def _received(self, hours: int) -> datetime:
        """The moment from which the clock has run so many hours until now."""
        moment = self.now
        while workdays.elapsed(moment, timezone.now(), workdays.Unit.BUSINESS_DAYS) < timedelta(hours=hours):
            moment -= timedelta(minutes=30)
        return moment

    def _this_week(self) -> None:
        """Six weeks of calls and mails, so that each person's own figures have a history."""
        owners = [self.people[key] for key in ("sato", "takahashi", "suzuki", "nakamura", "tanaka")]
        deals_of = {owner.pk: list(owner.deals.filter(closed_at=None).order_by("pk")) for owner in owners}
        for back in range(41, -1, -1):
            day = self.today - timedelta(days=back)
            if not workdays.is_workday(day):
                continue
            for owner in owners:
                for _n in range(self.rng.randrange(1, 4)):
                    at = min(self.now, self._at(day, self.rng.randrange(9, 17)))
                    deal = self.rng.choice(deals_of[owner.pk])
                    if at > deal.created_at:
                        log.log_activity(
                            self.rng.choice(["call", "call", "mail"]),
                            by=owner,
                            deal=deal,
                            at=at,
                            body="",
                            reached=self.rng.random() < 0.7,
                        )

    def _duplicates(self) -> None:
        """Companies entered once more by somebody in a hurry; they wait in the queue."""
        originals = list(self.firms.values())
        for n, company in enumerate(originals[3:60:4]):
            plain = company.short_name
            name = [f"(株){plain}", f"{plain}㈱", plain, f"{plain} 本社"][n % 4]
            values = {
                "name": name,
                "prefecture": company.prefecture,
                "city": company.city,
                "owner": company.owner,
            }
            values["phone" if n % 2 else "domain"] = company.phone if n % 2 else company.domain
            companies.create_company(values, by=self._keeper(company), source="展示会の名刺.csv")

    def _merged_and_removed(self) -> None:
        """One pair became one, with a person that both had; one company entered by mistake lies in the bin."""
        keeper = self.people["watanabe"]
        original = list(self.firms.values())[1]
        values = {"name": f"{original.short_name} 受付", "owner": original.owner, "employees": 120}
        twice = companies.create_company(values, by=self._keeper(original), source="展示会の名刺.csv")
        merging.merge_companies(original, twice, by=keeper, at=self.now - timedelta(days=2))
        mistake = companies.create_company({"name": "テスト株式会社", "owner": keeper}, by=keeper)
        bin.remove(mistake, by=keeper, at=self.now - timedelta(days=1))

    def _restricted(self) -> None:
        """One customer under a secrecy agreement: only its owner and the department head see it."""
        company = self.firms[cast.FIRMS[-2].name]
        companies.restrict(company, [self.people["watanabe"]], [], by=self.people["ito"])

    def _groups_and_papers(self) -> None:
        """A group of companies, somebody who moved, deals at their sites, minutes and a recording."""
        top = self.firms["朝霧ホールディングス株式会社"]
        for name in ("みなと物流株式会社", "越後酒販株式会社"):
            child = Company.objects.get(pk=self.firms[name].pk)
            groups.set_parent(child, top, by=self.people["ito"], seen=child.version)
        company, sato = self.firms[PICTURED], self.people["sato"]
        known_by.add(company, known_by.FORMER, "有限会社青嶺鉄工所", by=sato, today=date(1998, 4, 1))
        known_by.add(company, "phone", "0266-58-2201", by=sato, today=self.today)
        second = Site.objects.get(company=company, name="第二工場")
        suwa = Site.objects.get(company=company, name="諏訪事業所")
        for deal, site in (("第二工場 検査ライン更新", second), ("接着工程の画像検査", suwa)):
            found = Deal.objects.get(company=company, name=deal)
            values = {"site": site, "division": site.division}
            deals.edit_deal(found, values, {}, by=sato, at=found.created_at)
        person = Contact.objects.get(company=company, family_name="小林")
        moving.move(
            person, by=sato, on=self.today - timedelta(days=60), seen=person.version, site=second,
            division=second.division, department="検査課", title="検査課長", decision_role="drives", today=self.today,
        )  # fmt: skip
        files.attach(
            company,
            None,
            "recording",
            by=sato,
            at=self._at(self.today - timedelta(days=9), 16),
            name="第二工場 見学会の録画",
            link="https://video.example/aomine/1",
        )
        files.attach(
            company,
            None,
            "minutes",
            by=sato,
            at=self._at(self.today - timedelta(days=16), 11),
            name="初回面談の議事録",
            link="https://docs.example/aomine/2",
        )

    def _meetings(self) -> None:
        """Two weekly meetings of 営業一課; most of what they decided was done in time, one thing was not."""
        boss, team = self.people["watanabe"], Team.objects.get(name="営業一課")
        for weeks, kept in ((2, "kkkl"), (1, "kkkbl")):
            day = self._workday(self.today - timedelta(days=7 * weeks), back=True)
            held = self._at(day, 9)
            # Those that have something planned anyway: a promise that is done leaves no gap behind.
            planned = Deal.objects.open().filter(
                team=team, created_at__lt=held, next_action_on__gte=self.today
            )
            picked = list(planned.order_by("-amount", "pk")[weeks - 1 :: 2])[: len(kept)]
            meeting = agenda.start(team, by=boss, now=held)
            for n, (deal, fate) in enumerate(zip(picked, kept, strict=False)):
                choice = deciding.Choice(
                    kind="help" if n == 2 else "go_on", title=cast.PROMISES[(n + 2 * weeks) % len(cast.PROMISES)],
                    owner=boss if n == 2 else deal.owner, due_on=workdays.add(day, 2 + n % 2),
                )  # fmt: skip
                made = deciding.decide(
                    meeting, deal, choice, by=boss, seen=deal.version, now=held + timedelta(minutes=3 * n + 2)
                )
                if fate != "b" and made.todo:
                    done = workdays.add(made.due_on, 2 if fate == "l" else -1)
                    at = min(self.now, self._at(done, 15))
                    todos.complete_todo(made.todo, by=made.owner, at=at)
            agenda.end(meeting, by=boss, now=held + timedelta(minutes=26))

    def _spending(self) -> None:
        """What the channels cost in the last half year, and what owners say of the deals that are far along."""
        month = self.today.replace(day=1)
        for _n in range(6):
            for code, amount in cast.COSTS.items():
                costs.set_cost(
                    self.channels[code], month, Decimal(amount) * 10_000, by=self.people["kobayashi"]
                )
            month = (month - timedelta(days=1)).replace(day=1)
        # Since the company has had the CRM.
        crm_costs.set_cost(month, Decimal(180_000), by=self.people["kobayashi"])
        for deal in Deal.objects.open().filter(stage__position__gte=4).order_by("pk"):
            said = {6: "commit", 5: "best"}.get(deal.stage.position, "pipeline")
            deals.edit_deal(deal, {"forecast_category": said}, {}, by=deal.owner)

    def _targets(self) -> None:
        first = self.today.replace(day=1)
        for back in range(-3, 15):
            month = first
            for _n in range(abs(back)):
                month = (
                    (month + timedelta(days=32)).replace(day=1)
                    if back < 0
                    else (month - timedelta(days=1)).replace(day=1)
                )
            Target.objects.create(month=month, amount=50_000_000)
            for name, amount in (("営業部", 45_000_000), ("営業一課", 36_000_000), ("営業二課", 9_000_000)):
                Target.objects.create(month=month, team=Team.objects.get(name=name), amount=amount)
            for key in ("sato", "takahashi", "suzuki", "nakamura", "tanaka"):
                Target.objects.create(month=month, user=self.people[key], amount=10_000_000)

    # Days -----------------------------------------------------------------------------------------

    def _owner_of(self, prefecture: str, n: int) -> User:
        if prefecture in ("大阪府", "兵庫県", "福岡県"):
            return self.people["tanaka"]
        return self.people[("sato", "takahashi", "suzuki", "nakamura")[n % 4]]

    def _at(self, day: date, hour: int = 9) -> datetime:
        return timezone.make_aware(datetime.combine(day, time(hour, self.rng.randrange(60))))

    def _workday(self, day: date, back: bool = False) -> date:
        while not workdays.is_workday(day):
            day += timedelta(days=-1 if back else 1)
        return min(day, self.today)
