import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.corporate_numbers import is_valid, normalise
from tests.lib.test_names import REGISTER


@pytest.mark.parametrize(
    "spelling",
    [
        "7000012050002",
        "T7000012050002",
        "t7000012050002",
        "Ｔ７００００１２０５０００２",
        "7-0000-1205-0002",
        " 7000012050002 ",
        "7000012050002.0",
        7000012050002.0,
        7000012050002,
        "7.000012050002E+12",
    ],
)
def test_spellings_of_one_number(spelling):
    assert normalise(spelling) == "7000012050002"


@pytest.mark.parametrize(
    "text", ["", "7000012050003", "700001205000", "70000120500022", "7.00001E+12", "1e999", "なし", "７x"]
)
def test_wrong_numbers(text):
    assert normalise(text) == ""


def test_every_registered_number_is_valid():
    with REGISTER.open(encoding="utf-8", newline="") as file:
        numbers = [row["corporate_number"] for row in csv.DictReader(file)]

    assert len(numbers) > 50
    assert all(map(is_valid, numbers))


@given(st.integers(0, 12), st.integers(1, 8))
def test_one_wrong_digit_is_noticed(at, by):
    number = "7000012050002"
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]

    # The check is modulo nine: 0 and 9 are the same to it.
    assert not is_valid(wrong) or {wrong[at], number[at]} == {"0", "9"}


@given(st.text())
def test_any_text_is_a_number_or_not(text):
    assert normalise(text) == "" or is_valid(normalise(text))
