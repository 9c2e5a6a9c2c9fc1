from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.money import NotMoney, full, parse, parts, short


@pytest.mark.parametrize(
    ("amount", "japanese", "english"),
    [
        (142_000_000, "¥1億4,200万", "¥142M"),
        (185_900_000, "¥1億8,590万", "¥186M"),
        (9_800_000, "¥980万", "¥9.8M"),
        (12_800_000, "¥1,280万", "¥12.8M"),
        (96_000, "¥9.6万", "¥96K"),
        (4_500, "¥4,500", "¥4,500"),
        (9_999, "¥9,999", "¥9,999"),
        (99_999, "¥10万", "¥100K"),
        (100_000_000, "¥1億", "¥100M"),
        (99_999_999, "¥1億", "¥100M"),
        (1_500_000_000, "¥15億", "¥1.5B"),
        (1_234_500_000_000, "¥1兆2,345億", "¥1,234.5B"),
        (-9_800_000, "−¥980万", "−¥9.8M"),
        (0, "¥0", "¥0"),
        (None, "—", "—"),
    ],
)
def test_short_amounts(amount, japanese, english):
    assert short(amount, "ja") == japanese
    assert short(None if amount is None else Decimal(amount), "en") == english


def test_units_apart_for_templates():
    assert parts(142_000_000) == [("¥1", "億"), ("4,200", "万")]
    assert parts(4_200_000) == [("¥420", "万")]
    assert parts(-4_500) == [("−¥4,500", "")]


def test_full_amounts():
    assert full(12_800_000) == "¥12,800,000"
    assert full(Decimal("-1200")) == "−¥1,200"
    assert full(None) == "—"


@pytest.mark.parametrize(
    ("typed", "yen"),
    [
        ("1,280万円", 12_800_000),
        ("１２８０万", 12_800_000),
        ("1.2億", 120_000_000),
        ("1億4,200万", 142_000_000),
        ("¥980,000", 980_000),
        ("￥1,000-", 1_000),
        ("\\5,000", 5_000),
        ("300万", 3_000_000),
        ("3千万", 30_000_000),
        ("500千円", 500_000),
        ("2.5百万円", 2_500_000),
        ("12.8M", 12_800_000),
        ("1,280 万円", 12_800_000),
        ("9800000.0", 9_800_000),
        ("▲5,000", -5_000),
        ("-5000", -5_000),
        ("0", 0),
    ],
)
def test_amounts_as_people_type_them(typed, yen):
    assert parse(typed) == Decimal(yen)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        ("　", "empty"),
        ("-", "not_a_number"),
        ("未定", "not_a_number"),
        ("1,23", "not_a_number"),
        ("12a", "not_a_number"),
        ("4200万1億", "not_a_number"),
        ("1.5.2", "not_a_number"),
        ("0.5", "not_whole_yen"),
        ("999999999999999", "too_big"),
        ("9" * 1000, "not_a_number"),
    ],
)
def test_what_is_no_amount_says_why(typed, code):
    with pytest.raises(NotMoney) as refusal:
        parse(typed)

    assert refusal.value.code == code
    assert refusal.value.message


@given(st.integers(-(10**13), 10**13))
def test_a_full_amount_reads_back(amount):
    assert parse(full(amount)) == amount


@given(st.text())
def test_any_text_is_an_amount_or_refused(text):
    try:
        assert parse(text) == int(parse(text))
    except NotMoney as refusal:
        str(refusal)


@given(st.integers(0, 10**13), st.sampled_from(["ja", "en"]))
def test_short_amounts_are_close(amount, lang):
    shown = parse(short(amount, lang))

    assert abs(shown - amount) <= (amount * Decimal("0.05") if amount >= 10_000 else 0)
