"""The small pieces of every screen."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django import forms
from django.template import Context, Template
from django.utils import translation

from activities.rows import ICONS
from crm.templatetags import ui
from staff import nav, search, wording

ROOT = Path(__file__).resolve().parents[2]
TOKYO = ZoneInfo("Asia/Tokyo")
SATO = SimpleNamespace(pk=1, full_name="佐藤 美咲", initial="佐")
TAKAHASHI = SimpleNamespace(pk=2, full_name="高橋 健", initial="高")


class DealForm(forms.Form):
    name = forms.CharField(label="案件名")
    amount = forms.IntegerField(label="金額", required=False, help_text="税抜")
    kind = forms.ChoiceField(
        label="種類", choices=[("call", "電話"), ("visit", "訪問")], widget=forms.RadioSelect
    )
    mine = forms.BooleanField(label="自分の分だけ", required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)


def rendered(source: str, **context) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def test_an_icon_is_decoration_unless_it_has_a_label():
    assert "aria-hidden=true" in ui.icon("phone")
    assert 'role="img" aria-label="電話"' in ui.icon("phone", "電話")


def test_every_icon_that_a_page_names_is_in_the_sprite():
    sprite = set(re.findall(r'id="i-([\w-]+)"', (ROOT / "static/icons.svg").read_text()))
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'\{% icon "([\w-]+)"', path.read_text())
    }
    named |= {item.icon for item in nav._ITEMS} | {source.icon for source in search._SOURCES}
    named |= {icon for icon, *_ in wording._WORDINGS.values() if isinstance(icon, str)} | {*ICONS.values()}

    assert named - sprite == set()


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(Decimal(12_800_000), "¥1,280万"), (142_000_000, "¥1億4,200万"), (0, "¥0"), (None, "")],
)
def test_amounts_on_boards_are_short(amount, shown):
    assert rendered("{{ amount|money }}", amount=amount) == shown


def test_amounts_are_short_in_english_too():
    with translation.override("en"):
        assert rendered("{{ amount|money }}", amount=12_800_000) == "¥12.8M"


def test_units_of_a_figure_are_small():
    assert ui.money_parts(142_000_000) == "¥1<small>億</small>4,200<small>万</small>"


@time_machine.travel(datetime(2026, 7, 14, 10, 42, tzinfo=TOKYO))
def test_days_and_moments_are_near_when_they_are():
    assert ui.day(date(2026, 7, 14)) == "今日"
    assert ui.day(date(2026, 7, 16)) == "7/16(木)"
    assert ui.day(None) == ""
    assert ui.moment(datetime(2026, 7, 14, 9, 5, tzinfo=TOKYO)) == "09:05"
    assert ui.moment(datetime(2026, 7, 13, 18, 20, tzinfo=TOKYO)) == "昨日 18:20"


def test_ones_own_avatar_is_blue_and_a_lonely_one_says_who_it_is():
    assert "ava--me" in ui.avatar(SATO, SATO)
    assert "ava--me" not in ui.avatar(TAKAHASHI, SATO)
    assert 'aria-hidden="true"' in ui.avatar(SATO)
    assert 'role="img" aria-label="担当 高橋"' in ui.avatar(TAKAHASHI, SATO, label="担当 高橋")


def test_pips_show_met_proposed_and_open_criteria():
    html = ui.pips(3, 5, 1)

    assert [html.count(mark) for mark in ("<i class=on>", "<i class=ai>", "<i>")] == [3, 1, 1]
    assert "3/5" in html
    assert "done" not in html


def test_pips_turn_green_when_all_are_met_and_vanish_without_criteria():
    assert 'class="pips done"' in ui.pips(3, 3)
    assert ui.pips(0, 0) == ""


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        (timedelta(hours=41), 'class="sla"'),
        (timedelta(hours=17), "sla--warn"),
        (timedelta(hours=5), "sla--bad"),
    ],
)
def test_a_clock_warns_before_it_is_over(left, kind):
    html = ui.sla(left, 48, "みなと物流")

    assert kind in html
    assert 'max="48"' in html


def test_a_clock_that_is_over_is_full_and_says_so_with_an_icon():
    html = ui.sla(timedelta(hours=-1), 48, "三和テクニカ")

    assert 'value="48"' in html
    assert "#i-alert" in html
    assert ui.duration(timedelta(hours=-1)) == "1時間 超過"
    assert ui.duration(timedelta(hours=5, minutes=12)) == "あと 5時間12分"


def test_a_spark_line_needs_two_points_and_never_leaves_its_box():
    assert ui.spark([3]) == ""
    points = re.findall(r"[ML]([\d.]+) ([\d.]+)", ui.spark([18, 40, 0, 7]))

    assert len(points) == 4
    assert all(0 <= float(x) <= 96 and 0 <= float(y) <= 24 for x, y in points)


def test_text_from_people_is_escaped():
    assert ui.badge("<b>") == '<span class="badge">&lt;b&gt;</span>'


def test_a_field_ties_its_hint_and_error_to_the_control():
    form = DealForm({"name": "包装ライン", "amount": "約300万", "kind": "call", "seen": "1"})

    html = ui.field(form["amount"])

    assert 'aria-describedby="id_amount-hint id_amount-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_amount-error"' in html
    assert "任意" in html


def test_required_is_said_in_words():
    assert "必須" in ui.field(DealForm()["name"])


def test_radio_buttons_are_chips_in_a_fieldset_that_the_summary_leads_to():
    form = DealForm({"name": "包装ライン", "seen": "1"})
    html = ui.field(form["kind"])

    assert html.startswith('<fieldset class="field field--error" id="id_kind"')
    assert html.count('class="chip"') == 2
    assert 'href="#id_kind"' in ui.form_errors(form)


def test_a_check_box_stands_in_its_label_and_a_hidden_field_has_none():
    assert '<label class="check"><input' in ui.field(DealForm()["mine"])
    assert "label" not in ui.field(DealForm()["seen"])


def test_further_arguments_become_attributes_of_the_control():
    html = ui.field(DealForm()["name"], css="input--p", data_draft="name", autofocus=True)

    assert 'class="input input--p"' in html
    assert 'data-draft="name"' in html
    assert "autofocus" in html


def test_the_summary_repeats_the_words_of_the_fields_and_takes_the_focus():
    form = DealForm({"amount": "約300万", "kind": "call"})
    form.add_error(None, "誰かが先に変えました。")

    html = ui.form_errors(form)

    assert 'href="#id_name">案件名: ' in html
    assert 'href="#id_amount">金額: ' in html
    assert 'href="#id_seen"' not in html
    assert "<li>誰かが先に変えました。</li>" in html
    assert 'role="alert" tabindex="-1" data-focus' in html
    assert ui.form_errors(DealForm()) == ""


def test_the_address_keeps_its_filters_and_forgets_the_page(rf):
    request = rf.get("/deals/", {"owner": "1", "after": "abc", "stalled": "1"})

    assert rendered("{% query owner=2 stalled=None %}", request=request) == "?owner=2"
    assert rendered('{% query owner="" stalled="" %}', request=request) == "."


def test_the_pager_shows_only_where_one_can_go(rf):
    page = SimpleNamespace(before="", after="xyz")

    html = rendered("{% pager page %}", page=page, request=rf.get("/leads/?channel=3"))

    assert 'href="?channel=3&amp;after=xyz"' in html
    assert 'rel="prev"' not in html


def test_every_form_has_a_key_of_its_own():
    assert ui.once_key() != ui.once_key()


def test_items_are_joined_with_the_comma_of_the_language():
    assert ui.joined(["予算", "競合"]) == "予算、競合"
    with translation.override("en"):
        assert ui.joined(["Budget", "Competitor"]) == "Budget, Competitor"


def test_a_qr_code_stands_inline_without_its_xml_head():
    html = ui.qr('<?xml version="1.0"?>\n<svg viewBox="0 0 1 1"></svg>')

    assert '<svg viewBox="0 0 1 1"></svg>' in html
    assert "<?xml" not in html
