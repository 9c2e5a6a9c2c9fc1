"""What was done for a lead goes along when it becomes a deal."""

from __future__ import annotations

from django.db.models import Max

from activities import log, todos
from activities.models import Activity, Todo
from leads.models import Lead
from pipeline.models import Deal


def carry_over(lead: Lead, deal: Deal) -> None:
    """Activities and open todos of the lead are the deal's from now on; its first contact stays its first contact."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    done = Activity.objects.filter(lead=lead, deal=None)
    last_at = done.aggregate(last=Max("at"))["last"]
    kinds = list(done.filter(reached=True).order_by("kind").values_list("kind", flat=True).distinct())
    done.update(deal=deal, company=deal.company_id, contact=deal.contact_id)
    Todo.objects.open().filter(lead=lead, deal=None).update(deal=deal, company=deal.company_id)
    noted = log.note_on_deal(deal, kinds=kinds, last_at=last_at, contacted_at=lead.first_contacted_at)
    todos.store_next_action(deal, also=noted)
