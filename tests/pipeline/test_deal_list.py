"""The order of the list: every row once, whichever way it is sorted and read, and those without a value last."""

import base64
import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.urls import reverse

from crm.lib import keyset
from pipeline.deal_filters import SORTS
from pipeline.models import Deal, SavedView
from staff.models import CustomField, CustomValue
from tests.factories import make_company, make_deal


@pytest.fixture
def deals(sato):
    """Some with equal amounts, some without one, with a day to close by turns."""
    company = make_company()
    amounts = (5, 3, None, 3, None, 9, None, 0)
    return [
        make_deal(sato, company=company, amount=amount, close_on=date(2027, 1, n + 1) if n % 3 else None)
        for n, amount in enumerate(amounts)
    ]


def read(order, size):
    """The pages in turn."""
    pages = [keyset.page(Deal.objects.all(), order, {}, size)]
    while pages[-1].after:
        pages.append(keyset.page(Deal.objects.all(), order, {"after": pages[-1].after}, size))
    return pages


@pytest.mark.parametrize("sort", SORTS.values(), ids=SORTS)
@pytest.mark.parametrize("size", [1, 3, 8])
def test_every_deal_comes_once_and_those_without_a_value_last(deals, sort, size):
    pages = read(sort.order, size)
    listed = [deal for page in pages for deal in page]
    values = [getattr(deal, sort.order[0].lstrip("-")) for deal in listed]
    there = [value for value in values if value is not None]

    assert sorted(deal.pk for deal in listed) == [deal.pk for deal in deals]
    assert values == sorted(there, reverse=sort.order[0].startswith("-")) + [None] * (
        len(values) - len(there)
    )
    # And back again: each page is the one that was come from.
    for former, page in zip(pages, pages[1:], strict=False):
        assert keyset.page(Deal.objects.all(), sort.order, {"before": page.before}, size).rows == former.rows
    assert not pages[0].before


def test_a_cursor_that_nobody_gave_out_counts_as_none(deals):
    first = keyset.page(Deal.objects.all(), SORTS["-amount"].order, {}, 3)
    for values in (
        [0, None, 5],
        [1, None, None],
        [2, 5, 5],
        [0, 5],
        [True, "5", 5],
        [-1, "5", 5],
        "x",
        [0, {}, 5],
    ):
        cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
        assert (
            keyset.page(Deal.objects.all(), SORTS["-amount"].order, {"after": cursor}, 3).rows == first.rows
        )


@pytest.mark.parametrize("sort", ["amount", "-amount", "close", "-next"])
@pytest.mark.parametrize("empty", [False, True])
def test_each_part_is_read_along_its_index_from_where_the_cursor_is(deals, sort, empty):
    order = SORTS[sort].order
    part = keyset._parts(Deal.objects.open(), order)[empty]
    value = None if empty else {"amount": Decimal(3)}.get(order[0].lstrip("-"), date(2027, 1, 3))
    rows = keyset._from(part, [value, deals[3].pk], False).only("pk")[:51]
    with connection.cursor() as cursor:
        # A handful of rows is sorted sooner than looked up; a million are not.
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
        )
    plan = rows.explain()

    assert "Sort" not in plan
    assert "Seq Scan" not in plan
    assert f"deal_open_by_{ {'next': 'next_action'}.get(sort.lstrip('-'), sort.lstrip('-')) }" in plan
    assert "Index Cond" in plan


def test_a_row_is_changed_in_place_by_whoever_may_and_the_list_stays(client, sato, takahashi):
    own, other = make_deal(sato, amount=1_000_000), make_deal(takahashi)
    client.force_login(sato)
    page = client.get(reverse("pipeline:list")).content.decode()
    for name in ("amount", "close_on"):
        assert reverse("pipeline:deal-fact", args=[own.pk, name]) in page
        assert reverse("pipeline:deal-fact", args=[other.pk, name]) not in page

    there = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{reverse('pipeline:list')}?stalled=1"}
    url = reverse("pipeline:deal-fact", args=[own.pk, "amount"])
    assert "?stalled=1" in client.get(url, headers=there).content.decode()
    saved = client.post(url, {"amount": "250万", "base": "1000000"}, headers=there)

    own.refresh_from_db()
    assert (saved.headers.get("HX-Refresh"), "HX-Redirect" in saved.headers) == ("true", False)
    assert own.amount == 2_500_000


def test_columns_are_added_in_the_address_and_kept_with_views_and_filters_of_own_fields(client, sato):
    field = CustomField.objects.create(
        subject="deal", name_ja="設備の型", name_en="Kind", purpose="提案の型を選ぶ", kind="text", owner=sato
    )
    deal = make_deal(sato, competitor="北斗")
    CustomValue.objects.create(field=field, subject_id=deal.pk, text="新設")
    client.force_login(sato)
    query = f"{field.key}=新設&col=competitor&col={field.key}&col=nonsense&col=cf99999"

    page = client.get(reverse("pipeline:list") + f"?{query}")
    assert [str(column.label) for column in page.context["added"]] == ["競合", "設備の型"]
    assert [text for _column, text in page.context["cards"][0].added] == ["北斗", "新設"]

    client.post(reverse("pipeline:view-new"), {"name": "新設だけ", "query": query, "on": "list"})
    kept = SavedView.objects.get().query
    assert QueryDict(kept).getlist("col") == ["competitor", field.key]
    assert QueryDict(kept)[field.key] == "新設"
    chooser = client.get(reverse("pipeline:filters") + f"?on=list&columns=1&{query}").content.decode()
    assert chooser.count(" checked>") == 2
