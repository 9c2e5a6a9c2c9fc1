import gettext
from io import StringIO

import polib
import pytest
from django.core.management import CommandError, call_command

from crm.lib.catalogues import catalogue_path, collect, compile_all, problems, write

PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext

TITLE = gettext_lazy("Deals")
ONE = _("Move " "deal")
MANY = ngettext("%(count)s deal", "%(count)s deals", 3) % {"count": 3}
MAY = pgettext("month", "May")
ANY = _(TITLE)
"""
PAGE = """{% load i18n ui %}
<h1>{% translate "Deals" %}</h1>
{% blocktranslate trimmed count counter=n %}{{ counter }} lead{% plural %}{{ counter }} leads{% endblocktranslate %}
{% blocktranslate trimmed with name=x %}
  Won by {{ name }}
  at 100%
{% endblocktranslate %}
{% field form.name label=_("Company's name") %}{{ x|default:_("none") }}{# _("a remark") #}
"""


@pytest.fixture
def root(tmp_path):
    put(tmp_path, "pipeline/models.py", PYTHON)
    put(tmp_path, "templates/leads/list.html", PAGE)
    put(tmp_path, "templates/base.html", '{% load i18n %}{% translate "Skip to the page" %}')
    put(tmp_path, "templates/account/login.html", '{% load i18n %}{% translate "Log in" %}')
    put(
        tmp_path,
        "pipeline/migrations/0001_x.py",
        'from django.utils.translation import gettext as _\n_("old")',
    )
    return tmp_path


def put(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def translate(root, app, **translations):
    """Fills in the app's catalogue, as a translator does: texts by msgid, with spaces written as _."""
    path = catalogue_path(root, app)
    catalogue = polib.pofile(str(path))
    for entry in catalogue:
        text = translations.get(entry.msgid.replace(" ", "_"))
        if text and entry.msgid_plural:
            entry.msgstr_plural = {0: text}
        elif text:
            entry.msgstr = text
    catalogue.save(str(path))


def ids(root, app):
    path = catalogue_path(root, app)
    return [entry.msgid for entry in polib.pofile(str(path))] if path.exists() else []


def translate_all(root):
    for app in ("crm", "pipeline", "leads"):
        path = catalogue_path(root, app)
        catalogue = polib.pofile(str(path))
        for entry in catalogue:
            if entry.msgid_plural:
                entry.msgstr_plural = {0: "訳 " + entry.msgid_plural}
            else:
                entry.msgstr = "訳 " + entry.msgid
        catalogue.save(str(path))


def test_texts_of_python_and_templates_are_collected(root):
    texts = {message.text: message for message, _apps in collect(root)}

    assert set(texts) == {
        "Deals",
        "Move deal",
        "%(count)s deal",
        "May",
        "%(counter)s lead",
        "Won by %(name)s at 100%%",
        "Company's name",
        "none",
        "Skip to the page",
        "Log in",
    }
    assert texts["%(count)s deal"].plural == "%(count)s deals"
    assert texts["May"].context == "month"


def test_each_text_goes_to_the_app_that_uses_it_first(root):
    assert write(root) == {"crm": 2, "pipeline": 4, "leads": 4}

    assert ids(root, "crm") == ["Log in", "Skip to the page"]
    assert ids(root, "pipeline") == ["%(count)s deal", "Deals", "May", "Move deal"]
    assert ids(root, "leads") == ["%(counter)s lead", "Company's name", "Won by %(name)s at 100%%", "none"]


def test_a_text_translated_in_one_app_is_not_asked_for_in_another(root):
    write(root)
    translate(root, "pipeline", Deals="案件")
    put(root, "templates/crm/home.html", '{% load i18n %}{% translate "Deals" %}')

    write(root)

    assert "Deals" in ids(root, "pipeline")
    assert "Deals" not in ids(root, "crm")
    assert "Deals" not in ids(root, "leads")


def test_translations_stay_and_move_with_their_text_and_unused_ones_go(root):
    write(root)
    translate(root, "pipeline", Deals="案件", Move_deal="案件を進める")
    put(root, "pipeline/models.py", 'from django.utils.translation import gettext as _\n_("Move deal")')

    write(root)

    assert ids(root, "pipeline") == ["Move deal"]
    moved = polib.pofile(str(catalogue_path(root, "leads"))).find("Deals")
    assert moved.msgstr == "案件"


def test_writing_twice_changes_nothing(root):
    write(root)
    translate_all(root)
    write(root)
    before = catalogue_path(root, "pipeline").read_text(encoding="utf-8")

    write(root)

    assert catalogue_path(root, "pipeline").read_text(encoding="utf-8") == before
    assert ":1" not in before  # no line numbers


def test_a_text_with_and_without_plural_is_one(root):
    put(
        root,
        "staff/x.py",
        'from django.utils.translation import gettext, ngettext\ngettext("day")\nngettext("day", "days", 2)\ngettext("day")',
    )
    write(root)

    (entry,) = [entry for entry in polib.pofile(str(catalogue_path(root, "staff"))) if entry.msgid == "day"]
    assert entry.msgid_plural == "days"


def test_complete_catalogues_have_no_problems(root):
    write(root)
    translate_all(root)

    assert problems(root) == []


def test_missing_translations_are_named(root):
    write(root)
    translate_all(root)
    put(root, "leads/rules.py", 'from django.utils.translation import gettext as _\n_("New rule")')

    assert problems(root) == ["leads: 'New rule' has no translation"]


def test_fuzzy_and_contradictory_translations_are_named(root):
    write(root)
    translate_all(root)
    path = catalogue_path(root, "leads")
    catalogue = polib.pofile(str(path))
    catalogue.find("none").flags.append("fuzzy")
    catalogue.append(polib.POEntry(msgid="Deals", msgstr="商談"))
    catalogue.save(str(path))

    assert problems(root) == [
        "pipeline: 'Deals' is translated differently in pipeline and leads",
        "leads: 'none' is fuzzy",
    ]
    write(root)
    assert "Deals" in ids(root, "leads")  # nothing is lost; a person settles it


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("件の案件", "pipeline: '%(count)s deal' lacks %(count)s in its translation"),
        ("%(count)s件の%(name)s", "pipeline: '%(count)s deal' has %(name)s only in its translation"),
        ("%(count)d件", "pipeline: '%(count)s deal' has %(count)d only in its translation"),
    ],
)
def test_wrong_placeholders_are_named(root, text, problem):
    write(root)
    translate_all(root)
    translate(root, "pipeline", **{"%(count)s_deal": text})

    assert problem in problems(root)


@pytest.mark.parametrize(
    "call", ['_(f"{x} deals")', '_("%s deals" % x)', '_("deals of " + x)', '_("{} deals".format(x))']
)
def test_a_text_put_together_before_its_translation_is_named(root, call):
    put(root, "staff/x.py", f"from django.utils.translation import gettext as _\nx = 1\n{call}\n")

    assert problems(root)[0] == "staff/x.py:3 translates a text after putting it together"


def test_compiled_catalogues_are_read_by_gettext(root):
    write(root)
    translate_all(root)

    written = compile_all(root)

    assert [path.relative_to(root).parts[1] for path in written] == ["crm", "pipeline", "leads"]
    with catalogue_path(root, "pipeline").with_suffix(".mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    assert catalogue.gettext("Deals") == "訳 Deals"
    assert catalogue.ngettext("%(count)s deal", "%(count)s deals", 1) == "訳 %(count)s deals"
    assert catalogue.pgettext("month", "May") == "訳 May"


def test_the_command_collects_checks_and_compiles(root, settings):
    settings.BASE_DIR = root
    out = StringIO()

    call_command("messages", stdout=out)
    assert "pipeline/ja/LC_MESSAGES/django.po: 4 to translate" in out.getvalue()
    with pytest.raises(CommandError, match="10 problems"):
        call_command("messages", check=True, stderr=StringIO())
    translate_all(root)
    call_command("messages", check=True, compile=True, stdout=out)
    assert "Catalogues complete\n3 catalogues compiled" in out.getvalue()
