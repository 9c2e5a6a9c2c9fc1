import re
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.lib.text import clean_text
from integrations.imports import cleaning
from integrations.imports.cleaning import Bad, Context

CONTEXT = Context(date(2026, 7, 14))


@pytest.mark.parametrize(
    ("clean", "cell", "value"),
    [
        (cleaning.company_name, " ㈱東雲\u3000フーズ ", "㈱東雲 フーズ"),
        (cleaning.company_name, "ﾐﾅﾄ物流株式会社", "ミナト物流株式会社"),
        (cleaning.email, "Ｎａｒｉｔａ＠minato.example", "narita@minato.example"),
        (cleaning.email, "成田 <narita@minato.example>", "narita@minato.example"),
        (cleaning.email, "mailto:narita@minato.example", "narita@minato.example"),
        (cleaning.phone, "０４５−１２３−４５６７", "+81451234567"),
        (cleaning.phone, "451234567", "+81451234567"),
        (cleaning.phone, '="0451234567"', "+81451234567"),
        (cleaning.phone, "000-0000-0000", ""),
        (cleaning.number, "約1,200名", 1200),
        (cleaning.number, "１２０．０", 120),
        (cleaning.corporate_number, "T7000012050002", "7000012050002"),
        (cleaning.corporate_number, "7000012050002.0", "7000012050002"),
        (cleaning.prefecture, "東京", "東京都"),
        (cleaning.prefecture, "大阪", "大阪府"),
        (cleaning.postal_code, "〒100-0005", "1000005"),
        (cleaning.past_day, "令和7年3月1日", "2025-03-01"),
        (cleaning.past_day, "R8.7.9", "2026-07-09"),
        (cleaning.past_day, "46212", "2026-07-09"),
        (cleaning.past_day, "2026/07/09 13:05", "2026-07-09"),
        (cleaning.past_day, "12/20", "2025-12-20"),
        (cleaning.person, "成田\u3000翔 様", {"family_name": "成田", "given_name": "翔"}),
        (cleaning.person_kana, "ﾅﾘﾀ ｼｮｳ", {"family_kana": "ナリタ", "given_kana": "ショウ"}),
        (
            cleaning.address,
            "〒390-0811 長野県松本市中央1-1",
            {"prefecture": "長野県", "city": "松本市", "postal_code": "3900811", "street": "中央1-1"},
        ),
    ],
)
def test_a_cell_becomes_the_value_that_is_meant(clean, cell, value):
    assert clean(cell, CONTEXT) == value


@pytest.mark.parametrize(
    ("clean", "cell", "code", "repair"),
    [
        (cleaning.email, "a@@b.example", "two_ats", "a@b.example"),
        (cleaning.email, "a@@b", "not_an_email", ""),
        (cleaning.email, "a.b.example", "no_at", ""),
        (cleaning.email, "a@b.example; c@d.example", "several_addresses", "a@b.example"),
        (cleaning.email, "a @b.example", "spaces_inside", "a@b.example"),
        (cleaning.email, "a@b,example", "not_an_email", "a@b.example"),
        (cleaning.phone, "内線 12", "not_a_phone", ""),
        (cleaning.number, "たくさん", "not_a_number", ""),
        (cleaning.corporate_number, "7000012050003", "check_digit", ""),
        (cleaning.corporate_number, "000012050002", "twelve_digits", "7000012050002"),
        (cleaning.past_day, "7/39", "date_no_such_day", None),
        (cleaning.past_day, "平成31年5月1日", "date_outside_era", None),
        (cleaning.past_day, "2027/7/9", "future", None),
        (cleaning.company_name, "個人", "placeholder_company", None),
        (cleaning.company_name, "なし", "placeholder_company", None),
        (cleaning.company_name, "???商事", "garbled", None),
        (cleaning.company_name, '=HYPERLINK("x")', "formula", None),
        (cleaning.text(40), "=1+1", "formula", ""),
        (cleaning.text(5), "長い長い長い", "too_long", "長い長い長"),
    ],
)
def test_a_cell_that_cannot_be_kept_says_why_and_what_was_probably_meant(clean, cell, code, repair):
    with pytest.raises(Bad) as bad:
        clean(cell, CONTEXT)

    assert (bad.value.code, bad.value.repair) == (code, repair)
    text = cleaning.message(bad.value.as_problem("email", cell))
    assert text
    assert "%(" not in text


@pytest.mark.parametrize("cell", ["", "　", "－", "なし", "不明", "N/A", "???"])
def test_cells_that_say_nothing_are_blank(cell):
    assert cleaning.is_blank(cell)


CELLS = [
    "=",
    '"',
    "'",
    " ",
    "\u3000",
    "\xa0",
    "\u200b",
    "\n",
    "\x00",
    "-",
    "ー",
    "?",
    "/",
    "なし",
    "N/A",
    "特になし",
    "0263",
    "abc",
    "山田",
    "か゛",
    "é",
]


@given(st.lists(st.sampled_from(CELLS), max_size=6).map("".join) | st.sampled_from(sorted(cleaning._BLANK)))
@example("-          ")
@example("          -")
@example('="none"    ')
@settings(max_examples=400, deadline=None)
def test_ordinary_cells_are_seen_to_be_so_at_once(cell):
    plain = clean_text(cell).strip(" \t\n\u3000\xa0\u200b")
    if quoted := re.fullmatch('="(.*)"', plain, re.DOTALL):
        plain = quoted[1]
    plain = plain.removeprefix("'")

    assert cleaning.plain(cell) == plain
    assert cleaning.is_blank(cell) == (plain.casefold() in cleaning._BLANK)
