"""Addresses and fixed texts without Django's detours say what Django says."""

from django.template import engines
from django.test import override_settings
from django.urls import reverse
from django.utils import translation

from crm.lib import paths


def drawn(source, **context):
    return engines["django"].from_string(source).render(context)


def test_addresses_of_one_two_and_no_ids():
    assert paths.of("pipeline:deal", 7) == reverse("pipeline:deal", args=[7])
    assert paths.of("pipeline:board") == reverse("pipeline:board")
    assert paths.of("pipeline:deal-criterion", 7, 987_654_321_000) == reverse(
        "pipeline:deal-criterion", args=[7, 987_654_321_000]
    )


def test_the_tag_takes_ids_texts_and_names():
    for source, said in [
        ('{% url "pipeline:board" %}', reverse("pipeline:board")),
        ('{% url "pipeline:deal" pk %}', reverse("pipeline:deal", args=[7])),
        ('{% url "pipeline:deal" pk as there %}<{{ there }}>', f"<{reverse('pipeline:deal', args=[7])}>"),
        ('{% url "pipeline:deal" pk=pk %}', reverse("pipeline:deal", args=[7])),
        ("{% url name pk %}", reverse("pipeline:deal", args=[7])),
        ('{% url "pipeline:deal-fact" pk "name" %}', reverse("pipeline:deal-fact", args=[7, "name"])),
        ('{% url "pipeline:deal" nothing as there %}<{{ there }}>', "<>"),
    ]:
        assert drawn(source, pk=7, name="pipeline:deal") == said


@override_settings(LANGUAGE_CODE="ja")
def test_a_fixed_text_is_in_the_language_of_each_reader():
    page = engines["django"].from_string(
        '{% load i18n %}{% translate "Amount" %} {% trans "Owner" context "deal" %} {% translate word %} {% translate "Amount" as x %}{{ x }}'
    )
    for _twice in range(2):
        for language, said in [("ja", "金額 担当 案件 金額"), ("en", "Amount Owner Deals Amount")]:
            with translation.override(language):
                assert page.render({"word": "Deals"}) == said
