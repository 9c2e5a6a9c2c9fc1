"""How promising a lead is: (what it is + what it did) × how it came, with each point explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import get_language

from leads.models import Lead, ScoreRule

HIGHEST = 100
# The scale of one attribute and of one behaviour.
PER_ATTRIBUTE, PER_BEHAVIOUR = 10, 20


def score(lead: Lead, rules: Iterable[ScoreRule], touches: Mapping[str, int]) -> tuple[int, dict[str, Any]]:
    """The points, at most 100, and their reasons. `touches` counts the lead's touches by kind.

    Of one subject only the rule with the most points counts: 価格ページ 2回以上 and 価格ページ are not added up.
    """
    best: dict[tuple[str, str], ScoreRule] = {}
    for rule in rules:
        key = (rule.kind, rule.subject)
        if _applies(rule, lead, touches) and (key not in best or rule.points > best[key].points):
            best[key] = rule
    coefficient = lead.channel.coefficient
    points = (Decimal(sum(rule.points for rule in best.values())) * coefficient).quantize(
        Decimal(1), ROUND_HALF_UP
    )
    reasons = {
        kind: [
            {"label_ja": rule.label_ja, "label_en": rule.label_en, "points": rule.points}
            for rule in best.values()
            if rule.kind == kind
        ]
        for kind in (ScoreRule.Kind.ATTRIBUTE.value, ScoreRule.Kind.BEHAVIOUR.value)
    }
    return min(HIGHEST, int(points)), reasons | {"coefficient": str(coefficient)}


def active_rules() -> list[ScoreRule]:
    return list(ScoreRule.objects.filter(is_active=True))


def refresh(lead: Lead) -> None:
    """Computes and stores the lead's score anew. Call it after its facts or touches have changed."""
    touches = Counter(lead.touches.values_list("kind", flat=True))
    lead.score, lead.score_reasons = score(lead, active_rules(), touches)
    lead.save(update_fields=["score", "score_reasons"])


def breakdown(lead: Lead) -> dict[str, Any]:
    """The stored reasons as the panel shows them, in the reader's language."""
    reasons = lead.score_reasons or {}
    english = (get_language() or "ja").startswith("en")
    parts = {
        kind: [
            {"label": r["label_en" if english else "label_ja"], "points": r["points"], "of": of}
            for r in sorted(reasons.get(kind, []), key=lambda r: -r["points"])
        ]
        for kind, of in (("attribute", PER_ATTRIBUTE), ("behaviour", PER_BEHAVIOUR))
    }
    totals = {kind: sum(r["points"] for r in rows) for kind, rows in parts.items()}
    return {
        "attribute": parts["attribute"],
        "behaviour": parts["behaviour"],
        "attribute_sum": totals["attribute"],
        "attribute_of": PER_ATTRIBUTE * 3,
        "behaviour_sum": totals["behaviour"],
        "behaviour_of": PER_BEHAVIOUR * max(len(parts["behaviour"]), 1),
        "coefficient": Decimal(reasons.get("coefficient", "1")).normalize(),
    }


def _applies(rule: ScoreRule, lead: Lead, touches: Mapping[str, int]) -> bool:
    if rule.kind == ScoreRule.Kind.BEHAVIOUR:
        return touches.get(rule.subject, 0) >= int(rule.match)
    if rule.subject == "employees":
        return lead.employees is not None and _lies_in(lead.employees, rule.match)
    return rule.match in (getattr(lead, rule.subject, "") or "")


def _lies_in(number: int, span: str) -> bool:
    """ "101-300", "301-" or "-30"."""
    low, _, high = span.partition("-")
    return int(low or 0) <= number and (not high or number <= int(high))
