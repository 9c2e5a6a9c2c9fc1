"""A card is written without a template: what it says, against the template that it once was."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.template import engines
from django.utils import timezone, translation

from pipeline import board
from pipeline.cards import Card
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal
from tests.factories import make_company, make_deal

# The slow twin.
SLOW = """{% load i18n ui %}<li data-card={{ card.key }} class={% if card.is_stalled %}"kcard kcard--stall"{% else %}kcard{% endif %}>
<p class=co>{{ card.company }}</p><h3><a href={{ card.url }}>{{ card.deal.name }}</a></h3>
<p class=money><b>{% if card.amount %}{{ card.amount }}{% else %}{% translate "Amount open" %}{% endif %}</b>
<span>{% if card.close %}{{ card.close }}{% else %}{% translate "No date" %}{% endif %}</span></p>
{% if card.is_stalled or card.lacks_action %}<p class=flags>
{% if card.is_stalled %}<span class="badge badge--stall">{% icon "stall" %}{{ card.stalled_for }}</span>{% endif %}
{% if card.lacks_action %}<span class="badge badge--warn">{% icon "flag" %}{% translate "No next action" %}</span>{% endif %}
</p>{% endif %}<footer>{{ card.pips }}{% if card.next %}<span class={% if card.is_overdue %}"next t-shu"{% else %}next{% endif %}>
{% icon card.next_icon %}{{ card.next }}{% if card.is_overdue %}<span class=vh>{% translate "overdue" %}</span>{% endif %}
</span>{% endif %}<span class="{{ card.owner_class }} push" title="{{ card.deal.owner.family_name }}">
{{ card.deal.owner.initial }}</span></footer><form data-move action={{ card.move_url }} hx-post={{ card.move_url }}>
<input type=hidden name=seen value={{ card.version }}><button name=menu class=kmenu aria-label="{% translate "Move" %}">
⋯</button></form>""".replace("\n", "")


@pytest.fixture
def deals(sato, takahashi):
    """All that makes cards differ, and names that mean harm."""
    today = timezone.localdate()
    harm = "<script>'\"&"
    for n, (owner, values) in enumerate(
        [
            (sato, {"amount": None, "close_on": None, "next_action_on": None}),
            (sato, {"amount": 12_800_000, "next_action_on": today, "next_action_kind": "call"}),
            (takahashi, {"stalls_on": today - timedelta(5), "next_action_on": today - timedelta(3)}),
            (takahashi, {"stalls_on": today, "next_action_on": None, "criteria_met": 2, "criteria_total": 3}),
            (sato, {"criteria_met": 3, "criteria_total": 3, "close_on": today.replace(year=today.year + 2)}),
        ]
    ):
        make_deal(owner, "Discovery", make_company(f"{harm}商事{n}"), name=f"{harm}{n}", **values)
    return list(Deal.objects.select_related("company", "owner").order_by("pk"))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_card_says_what_the_template_said(deals, sato, language):
    today, zone = timezone.localdate(), timezone.get_current_timezone()
    slow = engines["django"].from_string(SLOW)
    with translation.override(language):
        for deal in deals:
            card = Card(deal, today, language, sato, zone)
            assert card.html == slow.render({"card": card})
            assert "<script" not in card.html


def test_the_board_draws_the_same_cards_and_a_new_one_for_whatever_changes(deals, sato, takahashi):
    today, zone = timezone.localdate(), timezone.get_current_timezone()

    def drawn(reader):
        columns = board.read(Narrowing(reader, today)).columns
        return {card.deal.pk: card for column in columns for card in column.cards}

    changes = {
        "name": "別の名前", "amount": Decimal(990_000), "close_on": today, "next_action_on": today + timedelta(9),
        "stalls_on": today, "criteria_total": 9, "owner": takahashi, "version": 77,
    }  # fmt: skip
    with translation.override("ja"):
        before = drawn(sato)
        for deal in deals:
            assert before[deal.pk].html == Card(deal, today, "ja", sato, zone).html
            assert before[deal.pk].key == Card(deal, today, "ja", sato, zone).key
        # One's own initial is blue: the card of another reader is another.
        assert drawn(takahashi)[deals[0].pk].html != before[deals[0].pk].html
        for field, value in changes.items():
            old = drawn(sato)[deals[0].pk].html
            Deal.objects.filter(pk=deals[0].pk).update(**{field: value})
            found = drawn(sato)[deals[0].pk].html
            assert found != old, field
            fresh = Deal.objects.select_related("company", "owner").get(pk=deals[0].pk)
            assert found == Card(fresh, today, "ja", sato, zone).html
