"""Yen as people write and read them. Stored amounts are whole yen in Decimal."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.utils.translation import gettext as _

NONE = "—"
MOST = Decimal(10) ** 14

_UNITS = {"千": 10**3, "万": 10**4, "億": 10**8, "兆": 10**12, "k": 10**3, "m": 10**6, "b": 10**9}
_MINUS = re.compile(r"^[▲△\u2212\u2010-]")


class NotMoney(ValueError):
    """The text is no amount. `code` says why: empty, not_a_number, not_whole_yen, too_big."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> str:
        """The reason, in the reader's language, with what to do."""
        return {
            "empty": _("Enter the amount."),
            "not_a_number": _("Enter the amount in digits, for example 1,280,000 or 128万."),
            "not_whole_yen": _("Enter the amount in whole yen."),
            "too_big": _("The amount is too large. Check the number of digits."),
        }[self.code]

    def __str__(self) -> str:
        return self.message


def full(amount: Decimal | int | None) -> str:
    """¥12,800,000, as on quotes and records."""
    if amount is None:
        return NONE
    whole = _rounded(Decimal(amount))
    return f"{'−' if whole < 0 else ''}¥{abs(whole):,}"


@lru_cache(maxsize=10_000)
def short(amount: Decimal | int | None, lang: str = "ja") -> str:
    """The amount as boards and dashboards show it: ¥1億4,200万, ¥980万, ¥9.6万, ¥4,500; ¥142M, ¥9.8M, ¥4,500."""
    return "".join(digits + unit for digits, unit in parts(amount, lang))


def parts(amount: Decimal | int | None, lang: str = "ja") -> list[tuple[str, str]]:
    """The short form as pairs of digits and unit, for templates that set 億 and 万 smaller: [("¥1", "億"), ("4,200", "万")]."""
    if amount is None:
        return [(NONE, "")]
    amount = Decimal(amount)
    sign = "−¥" if amount < 0 else "¥"
    pairs = _japanese(abs(amount)) if lang.startswith("ja") else _english(abs(amount))
    (digits, unit), *rest = pairs
    return [(sign + digits, unit), *rest]


def parse(text: str) -> Decimal:
    """The yen that somebody typed: "1,280万円", "１２８０万", "1.2億", "¥980,000", "1億4,200万", "500千円", "▲5,000".

    Raises NotMoney for anything else.
    """
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").replace("、", ",").casefold()
    plain = plain.replace("税込", "").replace("税抜", "")
    if not plain or plain in {"¥", "円"}:
        raise NotMoney("empty")
    negative = bool(_MINUS.match(plain))
    plain = re.sub(r"^(?:¥|\\|jpy|金)", "", plain[1:] if negative else plain)
    if not negative and _MINUS.match(plain):  # ¥-5,000
        negative, plain = True, plain[1:]
    plain = re.sub(r"(?:円也?|yen|jpy)?[-‐ー]?$", "", plain)
    amount = _sum_of_units(plain)
    if amount != amount.to_integral_value():
        raise NotMoney("not_whole_yen")
    if amount >= MOST:
        raise NotMoney("too_big")
    return Decimal(int(-amount if negative else amount))


def _rounded(amount: Decimal, step: int = 1) -> int:
    return int((amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _decimal(amount: Decimal, unit: int, places: int) -> str:
    """The amount in the unit with at most so many decimal places, and no zeros behind them."""
    scaled = (amount / unit).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{scaled:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _japanese(amount: Decimal) -> list[tuple[str, str]]:
    if _rounded(amount) < 10_000:
        return [(f"{_rounded(amount):,}", "")]
    if amount < 99_500:  # below 10万 a whole 万 would say too little
        return [(_decimal(amount, 10_000, 1), "万")]
    tens_of_thousands = _rounded(amount, 10_000)
    oku, man = divmod(tens_of_thousands, 10_000)
    if oku < 10_000:
        pairs = [(f"{oku:,}", "億"), (f"{man:,}", "万")]
    else:  # 兆: the 万 no longer matter
        cho, oku = divmod(_rounded(amount, 10**8), 10_000)
        pairs = [(f"{cho:,}", "兆"), (f"{oku:,}", "億")]
    return [pair for pair in pairs if pair[0] != "0"]


def _english(amount: Decimal) -> list[tuple[str, str]]:
    if _rounded(amount) < 10_000:
        return [(f"{_rounded(amount):,}", "")]
    if amount < 999_500:
        return [(_decimal(amount, 10**3, 1 if amount < 99_950 else 0), "K")]
    if amount < 999_500_000:
        return [(_decimal(amount, 10**6, 1 if amount < 99_950_000 else 0), "M")]
    return [(_decimal(amount, 10**9, 2), "B")]


def _sum_of_units(plain: str) -> Decimal:
    """The value of digits with units: 1億4,200万, 3千万, 2.5百万, 128."""
    total, rest = Decimal(0), plain
    limit = 10**17
    while rest:
        match = re.match(r"([\d,.]+)(百万|千万|十億|百億|千億|[千万億兆kmb])?", rest)
        if not match:
            raise NotMoney("not_a_number")
        factor = 1
        for unit in match[2] or "":
            factor *= {"十": 10, "百": 100, **_UNITS}[unit]
        if factor >= limit:  # units go down: 4,200万1億 is a slip
            raise NotMoney("not_a_number")
        limit = factor
        total += _number(match[1]) * factor
        rest = rest[match.end() :]
    if plain == "":
        raise NotMoney("not_a_number")
    return total


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?", text) or len(text) > 30:
        raise NotMoney("not_a_number")
    return Decimal(text.replace(",", ""))
