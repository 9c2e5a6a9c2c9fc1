import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib import phones
from crm.lib.phones import is_mobile, national, placeholder, to_e164


@pytest.mark.parametrize(
    "spelling",
    [
        "0263-00-0000",
        "0263000000",
        "０２６３（００）００００",
        "0263ー00ー0000",
        "0263−00−0000",
        "+81-263-00-0000",
        "+81 (0)263 00 0000",
        "0081 263 00 0000",
        "TEL: 0263-00-0000（代表）",
        "0263-00-0000 内線12",
        "0263-00-0000 / 090-0000-0001",
        "263000000",
        "263000000.0",
    ],
)
def test_spellings_of_one_number(spelling):
    assert to_e164(spelling) == "+81263000000"


@pytest.mark.parametrize(
    ("typed", "e164", "shown"),
    [
        ("03-1234-0001", "+81312340001", "03-1234-0001"),
        ("03-0000-1234", "+81300001234", "03-0000-1234"),
        ("0466-22-1111", "+81466221111", "0466-22-1111"),
        ("9012340001", "+819012340001", "090-1234-0001"),
        ("050-3000-0001", "+815030000001", "050-3000-0001"),
        ("0120-444-555", "+81120444555", "0120-444-555"),
        ("0800-123-4567", "+818001234567", "0800-123-4567"),
        ("+1 650 253 0000", "+16502530000", "+1 650-253-0000"),
    ],
)
def test_numbers_are_stored_in_one_form_and_shown_with_hyphens(typed, e164, shown):
    assert to_e164(typed) == e164
    assert national(e164) == shown


@pytest.mark.parametrize(
    "text", ["", "なし", "110", "03-1234-56789", "090-1234-567", "1234-5678", "12a", "?"]
)
def test_what_is_no_number(text):
    assert to_e164(text) == ""


def test_mobiles():
    assert is_mobile("+819012340001")
    assert is_mobile("+816012340001")
    assert not is_mobile("+81263000000")
    assert not is_mobile("+815030000001")
    assert not is_mobile("+818001234567")  # free of charge
    assert not is_mobile("")


@pytest.mark.parametrize(
    "typed",
    [
        "000-0000-0000",
        "00-0000-0000",
        "03-1111-1111",
        "090-0000-0000",
        "06-6666-6666",
        "0123456789",
        "090-1234-5678",
    ],
)
def test_placeholders(typed):
    assert placeholder(to_e164(typed))


@pytest.mark.parametrize("typed", ["0263-00-0000", "0466-22-1111", "0120-444-444", "03-3000-0001"])
def test_numbers_with_many_same_digits_are_no_placeholders(typed):
    assert not placeholder(to_e164(typed))


@given(st.text())
def test_any_text_is_a_number_or_not(text):
    e164 = to_e164(text)

    assert e164 == "" or (e164[0] == "+" and e164[1:].isdecimal())
    assert isinstance(national(e164), str)
    assert placeholder(e164) in {True, False}


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("0263-00-0000 内線12", "12"),
        ("０２６３−２２−１１１１（内線３０５）", "305"),
        ("+81 263 00 0000 ext. 7", "7"),
        ("0263-00-0000", ""),
        ("Mexico", ""),
    ],
)
def test_what_stands_behind_the_number_is_its_extension(text, extension):
    assert phones.extension(text) == extension
