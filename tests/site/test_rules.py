"""Each rule of `bin/check` finds the defect it is there for, and leaves the right way alone."""

import ast

import pytest

from tests.site import rules

VIEW = "pipeline/views/deals.py"


def python_messages(source: str, name: str = VIEW) -> list[str]:
    return [message for _, message in rules.findings_in_python(name, ast.parse(source))]


@pytest.mark.parametrize(
    ("defect", "message"),
    [
        ("import pgtrigger\nwith pgtrigger.ignore('deal:protect'): pass", "writes past the history"),
        ("from pgtrigger import ignore", "writes past the history"),
        ("from django.db.models.signals import post_save", "signals hide"),
        ("from django.db.models import signals", "signals hide"),
        ("from django.dispatch import receiver", "signals hide"),
        ("tasks.deliver.delay(1)", "waits for the broker"),
        ("tasks.deliver.apply_async((1,))", "waits for the broker"),
        ("_(f'Hello {name}')", "named placeholders"),
        ("gettext('Hello %s' % name)", "named placeholders"),
        ("gettext_lazy('Hello {}'.format(name))", "named placeholders"),
        ("Deal.objects.all()", "visible_to"),
        ("def view(deal): moves.move_deal(deal, to)", "does not name"),
        ("from pipeline.moves import take_back\ndef view(deal): take_back(deal)", "does not name"),
        ("deal.stage = won", "pipeline.moves alone"),
        ("deal.name, deal.stage_id = 'x', 3", "pipeline.moves alone"),
        ("Deal.objects.filter(pk=1).update(stage=won)", "pipeline.moves alone"),
        ("StageMove.objects.create(deal=deal)", "pipeline.moves alone"),
        ("cursor.execute('UPDATE pipeline_deal SET stage_id = 3')", "pipeline.moves alone"),
        ("print('here')", "does not reach the log"),
    ],
)
def test_a_planted_defect_in_python_is_found(defect: str, message: str) -> None:
    found = python_messages(defect)

    assert len(found) == 1
    assert message in found[0]


@pytest.mark.parametrize(
    "source",
    [
        "_('Hello %(name)s') % {'name': name}",
        "Deal.objects.visible_to(user)",
        "stage.exit_criteria.all()",
        "access.get_for(request.user, Deal.objects.all(), pk, to='edit deal')",
        "self.stdout.write('done')",
        "deal.delayed",
        "self.stage = stage",
        "Deal.objects.filter(stage=won).count()",
    ],
)
def test_the_right_way_is_left_alone(source: str) -> None:
    assert python_messages(source) == []


def test_the_relay_may_send() -> None:
    assert python_messages("tasks.deliver.apply_async((1,))", "staff/management/commands/relay.py") == []


@pytest.mark.parametrize(
    ("defect", "message"),
    [
        ('<button hx-on:click="x()">', "hx-on needs eval"),
        ('<div hx-vals="js:{a: 1}">', "js: values need eval"),
        ('<input hx-trigger="keyup[ctrlKey]">', "trigger filters need eval"),
        ('<p style="width: 3px">', "inline style"),
        ("<style>p { color: red }</style>", "inline style"),
        ('<a onclick="x()">', "inline handlers"),
        ("<script>x()</script>", "inline script"),
        ('<a href="javascript:x()">', "javascript:"),
        ("{{ deal.name|safe }}", "must be escaped"),
        ("{% autoescape off %}", "must be escaped"),
        ("<body hx-headers='{}'>", "hx-headers:inherited"),
    ],
)
def test_a_planted_defect_in_a_template_is_found(defect: str, message: str) -> None:
    found = list(rules.findings_in_template(f"<p>\n{defect}"))

    assert len(found) == 1
    assert found[0][0] == 2
    assert message in found[0][1]


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="/static/app.js" defer></script>',
        "<body hx-headers:inherited='{}'>",
        '<section data-on="yes" class="style">',
        '{# style="…" is forbidden #}',
        '<input hx-trigger="keyup changed delay:200ms">',
    ],
)
def test_the_right_markup_is_left_alone(markup: str) -> None:
    assert list(rules.findings_in_template(markup)) == []


def test_the_tree_keeps_the_rules() -> None:
    assert rules.all_findings() == []
