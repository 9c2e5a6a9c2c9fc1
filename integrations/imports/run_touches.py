"""Lines of touches: who in work as a lead showed interest, when and how."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from accounts.models import Channel
from integrations.imports.results import Group, Result
from integrations.imports.run_leads import at_noon, channel_of
from integrations.models import Import, ImportRow
from leads import intake
from leads.models import Lead, Touch

Outcome = ImportRow.Outcome


def run(batch: Import, groups: Sequence[Group]) -> Result:
    """Each touch once: the same kind on the same day about the same thing is there already."""
    rows = [row for group in groups for row in group.wanted]
    leads = Lead.objects.select_related("channel").in_bulk([row.matches[0]["id"] for row in rows])
    channels, result = Channel.objects.in_bulk(), Result()
    known = {
        (lead, kind, detail, timezone.localdate(at))
        for lead, kind, detail, at in Touch.objects.filter(lead__in=leads).values_list(
            "lead_id", "kind", "detail", "at"
        )
    }
    for row in rows:
        lead, values = leads[row.matches[0]["id"]], row.values
        channel = channels.get(values.get("channel", 0)) or (
            channel_of(batch) if batch.channel_id else lead.channel
        )
        kind = values.get("touch_kind") or intake.TOUCH_OF_CHANNEL.get(channel.code, Touch.Kind.OTHER)
        detail = (values.get("detail") or batch.campaign)[:200]
        at = at_noon(values.get("touched_on")) or timezone.now()
        row.lead_id, row.company_id = lead.pk, lead.company_id
        key = (lead.pk, str(kind), detail, timezone.localdate(at))
        if key in known:
            row.outcome = Outcome.UNCHANGED
            continue
        known.add(key)
        touch = intake.add_touch(lead, kind, by=batch.by, channel=channel, detail=detail, at=at)
        row.outcome, row.made = Outcome.CREATED, [["touch", touch.pk]]
        result.count("touches")
    return result
