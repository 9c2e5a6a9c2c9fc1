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
        _("Open deals that a stall rule of their stage has caught: too many days in it, nobody spoken with, a next action overdue … Never on a day on which the company is closed."),
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
    "kept": (
        _("Kept promises"),
        _("Of the decisions that are due: those whose task was done by the promised day. Those with time left, taken back, lost, or closed before the day do not count."),
    ),
    "weekly-rate": (
        _("Lead-to-deal rate"),
        _("Of the leads received in the thirteen weeks that were decided when the week ended: the share that became deals."),
    ),
    "weekly-time": (
        _("Average lead time"),
        _("Days from the first contact to the order, of the deals won in the thirteen weeks: their average, and the middle one."),
    ),
    "weekly-won": (
        _("Stage win rate"),
        _("Of the deals that reached the stage in the thirteen weeks and were closed when the week ended: the share won. A cohort, not a snapshot."),
    ),
    "order-rate": (_("Order rate"), _("Of the deals decided in the quarter: the share won.")),
    "what-if": (
        _("What if"),
        _("The forecast + chance × worth as you see it − as forecast, of the deals that you changed."),
    ),
    "middle": (
        _("Range in the middle"),
        _("Half of the simulated ends of the quarter lie within it; four of five within the 80% range."),
    ),
    "commit": (
        _("What people say"),
        _("Commit: won in the quarter + amounts, not weighted, of the open deals due in it that their owners commit to. Best case and pipeline add the next ones each."),
    ),
}  # fmt: skip
