"""The rows of the table: what is asked of whom, and how many floors it may cost."""

from __future__ import annotations

import gzip
import itertools
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Company
from benchmarks import loading
from benchmarks.cpu import Cost, Meter, in_turn
from crm.lib import keyset
from pipeline import stall_alerts, stalls
from pipeline.board import by_urgency
from pipeline.models import Deal, Stage
from staff import relay, search
from staff.models import Role, Team, User


@dataclass(frozen=True)
class Row:
    """One line of the answer. `value` is a ratio to F, or what `unit` says; `ask` the most (or, `at_least`, the least)."""

    name: str
    value: float
    ask: float
    unit: str = "× F"
    at_least: bool = False
    cost: Cost | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        return self.value >= self.ask if self.at_least else self.value <= self.ask


def html_of(response: Any) -> str:
    """What the answer says, unpacked."""
    packed = response.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(response.content) if packed else response.content).decode()


class Bench:
    """The people who ask, and the floor that everything is measured by."""

    def __init__(self, seed: int, say: Callable[[str], None]) -> None:
        self.seed, self.say = seed, say
        top = Team.objects.get(parent=None)
        nowhere, _made = Team.objects.get_or_create(name="測定", parent=top)
        Team.objects.filter(pk=nowhere.pk).update(path=f"{top.path}{nowhere.pk}/")
        self.people = {
            "admin": self.person("admin", top, Role.ADMIN),
            "executive": self.person("executive", top, Role.EXECUTIVE),
            "manager": self.person("manager", top, Role.MANAGER),
            "nobody": self.person("nobody", nowhere, Role.REP),
            "rep": User.objects.get(email="rep00@bulk.example"),
        }
        self.clients = {name: self.client(user) for name, user in self.people.items()}

    def person(self, name: str, team: Team, role: str) -> User:
        found, _made = User.objects.get_or_create(
            email=f"bench-{name}@bulk.example", defaults={"family_name": "測定", "team": team, "role": role}
        )
        return found

    def client(self, user: User) -> Client:
        client = Client(SERVER_NAME="localhost", headers={"accept-encoding": "gzip"})
        client.force_login(user)
        return client

    def get(self, who: str, url: str) -> Any:
        response = self.clients[who].get(url)
        assert response.status_code == 200, (url, response.status_code)
        return response

    def html(self, who: str, url: str) -> str:
        return html_of(self.get(who, url))

    def floors(self, name: str, doing: Callable[[], object], ask: float, **details: Any) -> Row:
        """Its cost as a ratio to F, in turn with it."""
        at_floor, cost = in_turn(self.floor, doing)
        floor = at_floor.cpu
        self.say(f"  {name}: {cost.cpu:.1f} ms ({cost.web:.1f} + {cost.database:.1f}), F {floor:.1f} ms")
        return Row(name, cost.cpu / floor, ask, cost=cost, details={"F_ms": round(floor, 2), **details})

    def floor(self) -> Any:
        return self.get("rep", "/floor/")

    def page(self, name: str, who: str, url: str | Callable[[], str], ask: float) -> Row:
        opened = url if isinstance(url, str) else url()
        return self.floors(name, lambda: self.get(who, opened), ask)

    @cached_property
    def deal(self) -> Deal:
        """An open one of the rep; in a set of some hundred deals there may be none, and rows that ask for it fail."""
        return Deal.objects.filter(closed_at=None, owner=self.people["rep"]).order_by("pk")[0]

    # The rows ------------------------------------------------------------------------------------

    def all(self, wanted: str = "") -> Iterator[Row]:
        """Those whose name has one of the wanted words (`board,move`) in it; all of them without."""
        words = [word for word in wanted.split(",") if word]
        for names, measure in self.rows():
            if not words or any(word in name for word in words for name in names):
                yield from (row for row in measure() if not words or any(word in row.name for word in words))

    def rows(self) -> list[tuple[tuple[str, ...], Callable[[], Iterable[Row]]]]:
        stage = Stage.objects.get(name_en="Proposal")
        listed = reverse("pipeline:list") + f"?stage={stage.pk}&sort=-amount"
        plain = reverse("pipeline:list") + "?sort=-amount"
        pages: list[tuple[str, str, str | Callable[[], str], float]] = [
            ("list page, filtered and sorted", "executive", listed, 2.5),
            ("list page, unfiltered", "executive", plain, 2.5),
            ("record page", "rep", lambda: self.deal.get_absolute_url(), 1.5),
            ("company page", "rep", lambda: self.deal.company.get_absolute_url(), 1.5),
            ("board", "executive", reverse("pipeline:board"), 3.0),
            ("leads", "executive", reverse("leads:leads"), 2.5),
            ("companies", "executive", reverse("accounts:companies"), 2.5),
            ("people", "executive", reverse("accounts:contacts"), 2.5),
            ("executive page", "executive", reverse("dashboards:business"), 1.5),
            ("manager page", "manager", reverse("dashboards:team"), 2.5),
            ("rep page", "rep", reverse("dashboards:today"), 2.5),
        ]
        return [
            *(((page[0],), lambda page=page: [self.page(*page)]) for page in pages),
            (("any page of a list",), lambda: [self.far_page(plain)]),
            (("search, rare", "search, common"), self.searches),
            (("visibility, nothing of it",), lambda: [self.nothing_to_see(plain)]),
            (("create a deal",), lambda: [self.create()]),
            (("stage move",), lambda: [self.move()]),
            (("card move",), lambda: [self.card_move()]),
            (("stall scan",), lambda: [self.stall_scan()]),
            (
                ("weight of a list, first visit", "weight of a list, then", "board, HTML unpacked"),
                lambda: self.weights(plain),
            ),
            (("hint while typing", "hint while typing, p95"), lambda: loading.hint_while_typing(self)),
            (("import with matching",), lambda: loading.imported(self)),
            (("pages while a list loads",), lambda: loading.pages_meanwhile(self)),
        ]

    def far_page(self, url: str) -> Row:
        """The page after nine tenths of all rows, against the first."""
        first = self.page("", "executive", url, 0)
        rows = Deal.objects.visible_to(self.people["executive"]).open()
        place = int(rows.count() * 0.9)
        order = ("-amount", "-pk")
        last = rows.filter(amount__isnull=False).order_by(*order)[place]
        cursor = keyset._cursor(keyset._parts(rows, order), 0, last)
        row = self.page("any page of a list", "executive", f"{url}&after={cursor}", 1.2)
        ratio = row.value / first.value
        return Row(
            "any page of a list", ratio, 1.2, "× first page", cost=row.cost, details={"after_rows": place}
        )

    def searches(self) -> Iterator[Row]:
        """Two characters: such as few names have, and such as very many have."""
        pairs = {name[k : k + 2] for name in loading.some_names(self.seed, 60) for k in range(len(name) - 1)}
        held = {pair: search.matching(Company.objects.all(), pair)[:300].count() for pair in sorted(pairs)}
        rare = [pair for pair, count in held.items() if count <= 100][:12] or [
            min(held, key=lambda p: held[p])
        ]
        common = ["工場", "工業", *(pair for pair, count in held.items() if count == 300)][:12]
        for name, words, ask in (("search, rare", rare, 1.0), ("search, common", common, 2.0)):
            urls = itertools.cycle(f"{reverse('search')}?q={word}" for word in words)

            def typed(urls: Iterator[str] = urls) -> None:
                response = self.clients["executive"].get(next(urls), headers={"HX-Request": "true"})
                assert response.status_code == 200

            yield self.floors(name, typed, ask, words="、".join(words), names=Company.objects.count())

    def nothing_to_see(self, url: str) -> Row:
        everything = self.floors("", lambda: self.get("admin", url), 0)
        nothing = self.floors("visibility, nothing of it", lambda: self.get("nobody", url), 0)
        return Row(
            nothing.name, nothing.value / everything.value, 1.3, "× the admin's list", cost=nothing.cost
        )

    def create(self) -> Row:
        company = Company.objects.order_by("pk")[3]

        def create() -> None:
            form = {"company": company.pk, "name": "測定 更新", "amount": "300万", "once": str(uuid.uuid4())}
            response = self.clients["rep"].post(reverse("pipeline:deal-new"), form)
            assert response.status_code == 302, response.content[:2000]

        return self.floors("create a deal", create, 2.0)

    def move(self) -> Row:
        return self.floors("stage move", self.mover(302), 2.0)

    def card_move(self) -> Row:
        """The same from the board, as the browser does it: the answer draws what the page does not show yet, and all sums."""
        url = reverse("pipeline:board")
        known = set(re.findall(r"data-card=([\w.]+)", self.html("admin", url)))
        return self.floors("card move", self.mover(200, board=f"http://localhost{url}", known=known), 2.0)

    def mover(self, status: int, board: str = "", known: set[str] | None = None) -> Callable[[], None]:
        """Forward with a manager's waiver the card that comes first, and on the next turn the next: never the same twice.

        Out of the fullest column but the last, so that a kept set is not used up by a few runs.
        """
        stages = list(Stage.objects.filter(kind="open", pipeline__is_default=True).order_by("position"))
        held = Deal.objects.filter(closed_at=None, deleted_at=None)
        start, to = max(pairwise(stages), key=lambda pair: held.filter(stage=pair[0]).count())
        today, cards = timezone.localdate(), known or set()
        rows = held.filter(stage=start).only("next_action_on", "version")
        deals = iter(sorted(rows, key=lambda deal: by_urgency(deal, today)))

        def move() -> None:
            deal = next(deals)
            form = {"to": to.pk, "seen": deal.version, "waiver": "測定", "once": str(uuid.uuid4())}
            url = reverse("pipeline:deal-stage", args=[deal.pk])
            page = {"HX-Request": "true", "HX-Current-URL": board, "Board-Cards": ",".join(cards)}
            response = self.clients["admin"].post(url, form, headers=page if board else None)
            assert response.status_code == status, response.content[:2000]
            cards.update(re.findall(r"data-card=([\w.]+)", html_of(response)))

        return move

    def weights(self, url: str) -> Iterator[Row]:
        """Kilobytes on the wire: the first visit with style and script, then the page alone."""
        html = self.html("executive", url).encode()
        then = len(gzip.compress(html)) / 1000
        first = then
        for asset in set(re.findall(rb'(?:href|src)="/static/([^"#]+\.(?:css|js|svg))"', html)):
            from django.contrib.staticfiles import finders

            path = finders.find(asset.decode())
            if path:
                with open(str(path), "rb") as file:
                    first += len(gzip.compress(file.read())) / 1000
        yield Row("weight of a list, first visit", first, 60, "kB")
        yield Row("weight of a list, then", then, 15, "kB")
        html = self.html("executive", reverse("pipeline:board")).encode()
        yield Row("board, HTML unpacked", len(html) / 1000, 120, "kB")

    def stall_scan(self) -> Row:
        """Every open deal's day anew by the rules of its stage, then 1,000 alerts raised and told; CPU-seconds in all."""
        today, system, meter = timezone.localdate(), User.objects.system(), Meter()
        deals = Deal.objects.open().count()
        before = meter.read()
        changed = stalls.look_over()
        between = meter.read()
        fresh = Deal.objects.open().order_by("pk").values("pk")[:1000]
        with connection.cursor() as cursor:
            # One statement over all that stand still is the bench's own, not the product's.
            cursor.execute("SET statement_timeout = 0")
        Deal.objects.stalled(today).update(stall_alerted_for=F("stalls_on"))
        Deal.objects.filter(pk__in=fresh).update(stalls_on=today, stall_alerted_for=None)
        relay.drain()  # what the rows before have left waiting is not of this one
        began = meter.read()
        raised = stall_alerts.raise_alerts(today, by=system)
        relay.drain()
        after = meter.read()
        recomputed, told = sum(between) - sum(before), sum(after) - sum(began)
        self.say(
            f"  stall scan: {recomputed:.1f} CPU-seconds for {deals:,} deals, {told:.1f} for {raised:,} alerts"
        )
        return Row(
            "stall scan", recomputed + told, 30, "CPU-seconds",
            details={"deals": deals, "changed": changed, "raised": raised, "told_seconds": round(told, 1)},
        )  # fmt: skip
