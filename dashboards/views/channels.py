"""What channels cost: a small table to type into."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Channel
from crm.lib import htmx
from dashboards.channels import costs
from dashboards.figures import periods
from dashboards.models import ChannelCost
from pipeline.fields import MoneyField
from staff import access
from staff.http import Request

MONTHS = 6


class CostsForm(forms.Form):
    """Channel × month, with what was there when the person began to type."""

    def __init__(
        self,
        channels: list[Channel],
        months: list[date],
        known: dict[tuple[int, date], Decimal],
        data: Any = None,
    ) -> None:
        super().__init__(data)
        self.channels, self.months, self.known = channels, months, known
        for channel in channels:
            for month in months:
                amount = known.get((channel.pk, month))
                label = f"{channel} {month:%Y/%-m}"
                self.fields[_name(channel, month)] = MoneyField(required=False, label=label, initial=amount)

    def rows(self) -> list[tuple[Channel, list[tuple[forms.BoundField, Any]]]]:
        """Each channel with its fields and what is known of each month."""
        return [
            (
                channel,
                [
                    (self[_name(channel, month)], self.known.get((channel.pk, month), ""))
                    for month in self.months
                ],
            )
            for channel in self.channels
        ]

    def typed(self) -> list[tuple[Channel, date, Decimal | None, Decimal | None]]:
        """Channel, month, what was typed, and what the person saw before."""
        return [
            (channel, month, self.cleaned_data[_name(channel, month)], self._seen(channel, month))
            for channel in self.channels
            for month in self.months
        ]

    def _seen(self, channel: Channel, month: date) -> Decimal | None:
        said = str(self.data.get(f"base-{_name(channel, month)}", ""))
        return Decimal(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def _name(channel: Channel, month: date) -> str:
    return f"c{channel.pk}-{month:%Y%m}"


@require_http_methods(["GET", "POST"])
@access.requires("see the business")
def channel_costs(request: Request) -> HttpResponse:
    """What was spent on each channel in the last six months."""
    first = periods.last_months(timezone.localdate(), MONTHS).first
    months = [
        periods.month_of(
            date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        ).first
        for n in range(MONTHS)
    ]
    rows = ChannelCost.objects.visible_to(request.user).filter(month__in=months)
    known = {(pk, month): amount for pk, month, amount in rows.values_list("channel", "month", "amount")}
    channels = list(Channel.objects.filter(is_active=True))
    form = CostsForm(channels, months, known, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        kept = [
            costs.set_cost(c, m, amount, by=request.user, base=seen) for c, m, amount, seen in form.typed()
        ]
        toast = (
            _("Saved")
            if all(kept)
            else _("Somebody else typed meanwhile; what they wrote stays. Look once more.")
        )
        return htmx.redirect(request, "dashboards:channel-costs", toast=toast)
    return render(
        request,
        "dashboards/channel_costs.html",
        {"form": form, "months": months},
        status=422 if form.errors else 200,
    )
