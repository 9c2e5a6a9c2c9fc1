"""Most names, addresses and domains need little put right, and go a short way. Here each goes the long way, too."""

import random
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.lib import addresses, domains, names, phones, readings, text, variants

# What is put right, what ends the short way, and what only looks like either.
PIECES = """
株式会社 有限会社 (株) ㈱ （株） 合同会社 医療法人社団 カ) (カ カブシキガイシャ NPO法人 Co.,Ltd. K.K. Inc. LLC 会社 社 所 株 ) ( ） 【 】 [ ]
ー - ― ‐ − ・ . , / @ _ ' = " ? 〓 の ノ 之 ヶ ヵ ケ が ガ 丁目 番地の 番 号 号室 条 字 大字 一 二 三 十 百 〇 1 2 34 5678 123456 ５ ８ 9-1 --
髙 﨑 齋 邊 ㊑ ゛ ぱ ﾔﾏﾀﾞ ｶ ｱ ァ ャ ゅ っ ッ 卜 口 力 工 夕 ト ロ 山田 工藤 東京 大阪支店 営業部 京都市 千代田区 製作所 青嶺 々 𠮷 神 都 A b é ß İ ſ K ½ ① Ⅲ
www. http:// https://www. .co.jp .jp sakura foo.kawasaki.jp kawasaki.jp city.kawasaki.jp b.ck www.ck com xn-- 127.0.0.1
""".split()  # noqa: SIM905
BLANKS = [" ", "\u3000", "\xa0", "\n", "\t", "\u200b"]


def texts(seed, count):
    """Texts of up to eight pieces; digits often, since much is put right between two of them."""
    r, pieces = random.Random(seed), [*PIECES, *BLANKS, *"1234567890" * 2]
    return ("".join(r.choices(pieces, k=r.randrange(9))) for _ in range(count))


def folded(typed):
    plain = unicodedata.normalize("NFKC", typed).casefold().translate(text._FOLDING)
    plain = text._LONG_VOWEL_AS_DASH.sub("", text._DASH_AS_LONG_VOWEL.sub("ー", plain))
    return re.sub(r"[\W_]+", "", plain) or plain.strip()


def entry(typed):
    grams = dict.fromkeys(folded(part)[:1] for part in typed.split())
    plain = folded(typed)
    grams |= dict.fromkeys(text._pairs_outside_long_runs(plain))
    for run in re.findall("[0-9]+", plain):
        grams |= dict.fromkeys(run[:n] for n in (1, 2, 3))
        grams |= dict.fromkeys(run[n : n + 4] for n in range(len(run) - 3))
    if len(plain) == 1:
        grams[plain] = None
    return plain, sorted(set(grams) - {""})


def plain_name(name):
    plain = unicodedata.normalize("NFKC", name.translate(names._CIRCLED)).translate(variants.TABLE)
    return (
        plain
        if plain.isascii()
        else names._KANJI_IN_KANA.sub(lambda m: m[0].translate(names._AS_KANA), plain)
    )


def without_form(plain):
    for pattern in names._LATIN if plain.isascii() else names._ALL:
        form = pattern.search(plain)
        if form and (rest := plain[: form.start()] + plain[form.end() :]).strip():
            return rest
    return plain


def squeezed(plain):
    if not plain.isascii():
        plain = names._LONG_VOWEL_AS_DASH.sub("", names._DASH_AS_LONG_VOWEL.sub("ー", plain))
    return re.sub(r"[\W_]+", "", plain)


def company_key(name):
    plain = plain_name(name)
    return squeezed(without_form(plain).casefold()) or squeezed(plain.casefold()) or name.strip()


def address_key(address):
    plain = unicodedata.normalize("NFKC", address).casefold().translate(variants.TABLE)
    plain = addresses._KANJI_NUMBER.sub(lambda match: str(addresses._value(match[0])), plain)
    plain = addresses._COUNTERS.sub(r"\1-", addresses._VILLAGE_SECTION.sub("", plain))
    plain = addresses._DASHES.sub("-", addresses._SMALL_KE.sub("ケ", plain))
    plain = addresses._NOT_A_LETTER.sub("", plain)
    return re.sub(r"-+(?=-|$|[^\d-])", "", re.sub(r"-{2,}", "-", plain))


def registrable(address):
    host = domains._host(unicodedata.normalize("NFKC", address).strip().casefold())
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdecimal() or not all(map(domains._LABEL.fullmatch, labels)):
        return ""
    return domains._SUFFIXES.privatesuffix(host) or ""


def of_firm(name):
    reading, at = "", 0
    while at < len(name):
        ways = (name[at : at + length] for length in range(readings._LONGEST, 0, -1))
        part = next((p for p in ways if p in readings._PARTS or readings._is_katakana(p)), "")
        if not part:
            return ""
        reading, at = reading + readings._PARTS.get(part, part), at + len(part)
    return reading


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (text.fold, folded),
        (text.search_entry, entry),
        (names.company_key.__wrapped__, company_key),
        (addresses.address_key.__wrapped__, address_key),
        (domains.registrable.__wrapped__, registrable),
        (readings.of_firm.__wrapped__, of_firm),
        (variants.fold_kanji, lambda typed: typed.translate(variants.TABLE)),
    ],
)
def test_the_short_way_ends_where_the_long_one_does(short, long):
    for typed in texts(short.__name__, 8000):
        assert (typed, short(typed)) == (typed, long(typed))


@given(st.text("0123456789", max_size=4), st.sampled_from("0123456789"), st.integers(0, 10))
@settings(deadline=None)
def test_the_run_at_the_end_of_a_number_is_counted(begin, digit, times):
    digits = begin + digit * times
    run = len(re.search(r"(\d)\1*$", digits)[0]) if digits else 0
    filled = run >= 8 or len(set(digits)) <= 2 and run >= 6 or digits in phones._RUNS

    assert phones.placeholder("+81" + digits) == filled
