"""Where is how much, and which deals stand still? The board, the list, and the form of their filters."""

from __future__ import annotations

from urllib.parse import urlparse

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import Channel
from pipeline import board, bulk_edit, columns, deal_filters, deal_list
from pipeline.cards import cards_of
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal, LossReason, Pipeline, Stage
from staff import access, roles
from staff.custom import lists as own_fields
from staff.http import Request
from staff.models import Team, User


@access.signed_in
@require_GET
def deal_board(request: Request) -> HttpResponse:
    """Open deals by stage. Whoever asks for closed ones gets the list."""
    narrowing = Narrowing.of(request.user, request.GET, timezone.localdate())
    if "closed" in narrowing.values:
        return redirect(f"{reverse('pipeline:list')}?{narrowing.query()}")
    return render(request, "pipeline/board.html", board_context(narrowing))


def board_context(narrowing: Narrowing) -> dict[str, object]:
    """What the board's page shows."""
    found = board.read(narrowing)
    return {
        **_pieces(narrowing, found),
        "narrowing": narrowing,
        "chips": narrowing.chips,
        "views": deal_filters.views(narrowing, found.quarter.start_month),
    }


def touched_context(narrowing: Narrowing, stages: set[int], known: set[str]) -> dict[str, object]:
    """What the board shows anew after a move between two of its stages: these columns and all sums.

    `known`: the keys of cards that stand on the page as they are; only their places are told.
    """
    found = board.read(narrowing, only=stages)
    touched = [column for column in found.columns if column.stage.pk in stages]
    return {**_pieces(narrowing, found), "touched": touched, "known": known}


def _pieces(narrowing: Narrowing, found: board.Board) -> dict[str, object]:
    since = found.quarter.first.isoformat()
    return {
        "board": found,
        "query": narrowing.query(),
        "stalled_query": narrowing.query(stalled="1"),
        "next_query": narrowing.query(next="none"),
        "won_query": narrowing.query(**_of_the_quarter("won", since)),
        "lost_query": narrowing.query(**_of_the_quarter("lost", since)),
    }


def _of_the_quarter(kind: str, since: str) -> dict[str, str | None]:
    """The list behind a closed column: without what narrows open deals only."""
    gone = dict.fromkeys(("stalled", "next", "close_from", "close_to", "stage"))
    return {**gone, "closed": kind, "from": since}


def narrowing_of_page(request: Request) -> Narrowing | None:
    """The filters of the board that a piece is asked from; None when it is asked from another page."""
    try:
        address = urlparse(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return None
    if address.path != reverse("pipeline:board"):
        return None
    return Narrowing.of(request.user, QueryDict(address.query), timezone.localdate())


@access.signed_in
@require_GET
def deals_listed(request: Request) -> HttpResponse:
    """The same deals as rows, in an order of choice."""
    today = timezone.localdate()
    narrowing = Narrowing.of(request.user, request.GET, today)
    rows = narrowing.apply(Deal.objects.visible_to(request.user))
    sort = deal_list.sort_of(request.GET, closed="closed" in narrowing.values)
    by_own = own_fields.sorted_by("deal", request.GET)
    added = narrowing.columns
    full = deal_list.shown(rows, added)
    page = (
        own_fields.page(rows, full, by_own, request.GET)
        if by_own
        else deal_list.page(full, sort, request.GET)
    )
    context = {
        "narrowing": narrowing,
        "chips": narrowing.chips,
        "views": deal_filters.views(narrowing, request.user.company.fiscal_start_month),
        "query": narrowing.query(),
        "totals": deal_list.totals(rows),
        "page": page,
        "cards": cards_of(page.rows, today, request.user, columns.cells(added, page.rows)),
        "added": added,
        "sort": sort.key,
        "by_own": by_own,
        "heads": _heads(sort.key, closed="closed" in narrowing.values),
        "is_closed": "closed" in narrowing.values,
        "may_pick": "closed" not in narrowing.values and roles.can(request.user, "sell"),
        "actions": bulk_edit.ACTIONS.values(),
        "words": _words_of_rows(),
    }
    return render(request, "pipeline/list.html", context)


def _words_of_rows() -> dict[str, str]:
    """Said in every row: looked up once."""
    return {
        "stage": _("Stage"), "closed": _("Closed on"), "reason": _("Reason"), "stay": _("Stay"), "criteria": _("Exit criteria"),
        "next": _("Next action"), "overdue": _("overdue"), "decide": _("Decide"), "amount": _("Amount"),
        "move": _("Move"),
    }  # fmt: skip


def _heads(current: str, *, closed: bool) -> dict[str, dict[str, str]]:
    """For each column that sorts: where its head leads, and what it says of the order now."""
    heads = {}
    for name in ("stay", "next", "amount", "weighted", "close", "closed"):
        up, down = name == current, f"-{name}" == current
        if name == "stay":  # who entered first has stayed longest
            up, down = down, up
        first = name if name in ("stay", "next", "close") else f"-{name}"
        other = f"-{first}".removeprefix("--")
        heads[name] = {
            "to": other if current == first else first,
            "aria": "ascending" if up else "descending" if down else "",
        }
    return heads


@access.signed_in
@require_GET
def filters(request: Request) -> HttpResponse:
    """What can be filtered by, as a form whose result is an address."""
    user = request.user
    narrowing = Narrowing.of(user, request.GET, timezone.localdate())
    context = {
        "heading": _("Filters"),
        "fragment": "pipeline/_filters.html",
        "narrowing": narrowing,
        "texts": narrowing.texts,
        "to": reverse("pipeline:list" if request.GET.get("on") == "list" else "pipeline:board"),
        "stages": Stage.objects.exclude(kind=Stage.Kind.GONE).order_by(
            "-pipeline__is_default", "pipeline", "position"
        ),
        "pipelines": Pipeline.objects.order_by("-is_default", "pk"),
        "owners": User.objects.visible_to(user).people().select_related("team"),
        "teams": Team.objects.order_by("path"),
        "channels": Channel.objects.filter(is_active=True),
        "reasons": LossReason.objects.order_by("position", "pk"),
        "own": own_fields.offered("deal", request.GET),
        "categories": Deal.ForecastCategory.choices,
    }
    if "columns" in request.GET:
        fragment = "pipeline/_columns.html"
        context |= {
            "heading": _("Columns of the list"),
            "fragment": fragment,
            "columns": columns.offered(),
            "chosen": {c.key for c in narrowing.columns},
            "most": columns.MOST,
        }
        return render(request, fragment if request.htmx else "pipeline/dialog_page.html", context)
    return render(request, "pipeline/_filters.html" if request.htmx else "pipeline/dialog_page.html", context)
