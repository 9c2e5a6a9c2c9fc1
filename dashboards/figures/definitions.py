"""What each figure means, in the words that its page shows on hover; `docs/figures.md` says the same at length."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Key → the figure's name, and how it is counted.
DEFINITIONS: dict[str, tuple[str | Promise, str | Promise]] = {
    "follow-ups": (
        _("Follow-ups of this week"),
        _("Your open to-dos that are overdue or due until Sunday."),
    ),
    "lacking": (
        _("What each deal still needs"),
        _("Exit criteria of its stage that the deal does not meet yet; your open deals by weighted amount."),
    ),
    "waiting": (
        _("First contact due"),
        _("Your leads that nobody has spoken with yet, the nearest deadline first."),
    ),
    "efforts": (
        _("My week"),
        _("What you logged from Monday to Sunday: calls, first talks with a lead or in a deal, proposals."),
    ),
    "expected": (
        _("Expected this month"),
        _("Won in the month + amount × probability of the open deals expected to close in it. Overdue ones count now; those without a day do not."),
    ),
    "stalled": (
        _("Stalled deals"),
        _("Open deals that have stood in their stage longer than its rules allow, counted in business days."),
    ),
    "idle": (_("No next action"), _("Open deals without any open to-do.")),
    "rate": (
        _("Lead-to-deal rate"),
        _("Of the leads received in the quarter that are decided (converted, not a fit, nurturing): the share that became deals."),
    ),
    "lead-time": (
        _("Average lead time"),
        _("Days from the first contact to the order, of the deals won in the quarter: their average, and the middle one."),
    ),
    "clocks": (
        _("First contact in time"),
        _("Of the leads whose first-contact deadline lay in the last 28 days: the share somebody had spoken with by then."),
    ),
    "coverage": (
        _("Coverage"),
        _("Of what the exit criteria ask of the open deals in their stages: the share that is met. Beside it, how much it was when the last week ended."),
    ),
    "passed": (
        _("Stage pass rate"),
        _("Of the deals that reached the stage in the quarter and have gone on or are lost: the share that reached the next stage. Win rate: of those that are closed, the share won. Both follow the same deals; neither is a snapshot."),
    ),
    "load": (
        _("What everyone is doing"),
        _("Calls, meetings, mails and visits logged from Monday to Sunday, and the open deals in hand. On Mondays the week before. Beside it, the same days of the week before that. Load, not rank."),
    ),
    "forecast": (
        _("Forecast"),
        _("What is won + what open deals will bring + what is not born yet, learned from your own deals. With fewer than 20 closed deals: won + amount × probability of what is due."),
    ),
    "cover": (
        _("Due in the quarter"),
        _("Amounts, not weighted, of the open deals expected to close in the quarter ÷ what is left to the target."),
    ),
    "channels": (
        _("Conversion by channel"),
        _("Last 90 days. Lead-to-deal rate: of the leads received and decided. Order rate: of the channel's deals closed, the share won. Cost: what was written down ÷ orders."),
    ),
    "losses": (
        _("Top loss reasons"),
        _("Deals lost in the quarter by the reason given, beside the quarter before."),
    ),
    "roi": (
        _("Return on the CRM"),
        _("Win rate × amount of an order × lead time of this quarter and the last one, against the two before. Not proven while the interval holds zero."),
    ),
}  # fmt: skip
