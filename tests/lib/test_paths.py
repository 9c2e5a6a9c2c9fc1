"""Addresses and fixed texts without Django's detours say what Django says."""

from django.template import Context, Engine, engines
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
        ('{% url "pipeline:deal-fact" pk word %}', reverse("pipeline:deal-fact", args=[7, "close_on"])),
        ('{% url "pipeline:deal" nothing as there %}<{{ there }}>', "<>"),
        ('{% url "pipeline:deal" word as there %}<{{ there }}>', "<>"),
    ]:
        assert drawn(source, pk=7, name="pipeline:deal", word="close_on") == said


@override_settings(LANGUAGE_CODE="ja")
def test_a_text_with_values_says_what_django_says():
    """Against Django's own node: values, filters, counts, what is missing, in both languages, escaped."""
    for source in [
        "{% blocktranslate %}{{ n }} more{% endblocktranslate %}",
        "{% blocktranslate trimmed with stage=name %}\n  Needed in {{ stage }}\n{% endblocktranslate %}",
        "{% blocktranslate with percent=n|add:1 %}Probability {{ percent }}%{% endblocktranslate %}",
        "{% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}",
        "{% blocktranslate count n=one with stage=name %}{{ n }} day{{ stage }}{% plural %}{{ n }} days{{ stage }}{% endblocktranslate %}",
        "{% blocktranslate %}{{ lacking }} more{% endblocktranslate %}",
        "{% blocktranslate asvar x %}{{ n }} more{% endblocktranslate %}{{ x }}",
    ]:
        quick = engines["django"].engine.from_string("{% load i18n %}" + source)
        slow = Engine(builtins=["django.templatetags.i18n"]).from_string(source)
        for _twice in range(2):
            for language in ("ja", "en"):
                with translation.override(language):
                    values = {"n": 23, "one": 1, "name": "<B & C>"}
                    assert quick.render(Context(values)) == slow.render(Context(values))
                    assert "<B" not in quick.render(Context(values))


@override_settings(LANGUAGE_CODE="ja")
def test_a_fixed_text_is_in_the_language_of_each_reader():
    page = engines["django"].from_string(
        '{% load i18n %}{% translate "Amount" %} {% trans "Owner" context "deal" %} {% translate word %} {% translate "Amount" as x %}{{ x }}'
    )
    for _twice in range(2):
        for language, said in [("ja", "金額 担当 案件 金額"), ("en", "Amount Owner Deals Amount")]:
            with translation.override(language):
                assert page.render({"word": "Deals"}) == said
