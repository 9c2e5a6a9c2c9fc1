"""Japanese addresses: their parts, postal codes, and what two spellings have in common."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from crm.lib.variants import fold_kanji

_REGIONS = {
    "北海道": "北海道",
    "東北": "青森県 岩手県 宮城県 秋田県 山形県 福島県",
    "関東": "茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県",
    "中部": "新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県",
    "近畿": "三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県",
    "中国": "鳥取県 島根県 岡山県 広島県 山口県",
    "四国": "徳島県 香川県 愛媛県 高知県",
    "九州・沖縄": "福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県",
}

# 都道府県 → 地方, both from north to south.
REGIONS = {
    prefecture: region for region, prefectures in _REGIONS.items() for prefecture in prefectures.split()
}
PREFECTURES = tuple(REGIONS)

# Addresses often begin with a large city and leave the prefecture out.
_PREFECTURE_OF = {
    "札幌市": "北海道", "仙台市": "宮城県", "さいたま市": "埼玉県", "千葉市": "千葉県", "横浜市": "神奈川県", "川崎市": "神奈川県",
    "相模原市": "神奈川県", "新潟市": "新潟県", "静岡市": "静岡県", "浜松市": "静岡県", "名古屋市": "愛知県", "京都市": "京都府",
    "大阪市": "大阪府", "堺市": "大阪府", "神戸市": "兵庫県", "岡山市": "岡山県", "広島市": "広島県", "北九州市": "福岡県",
    "福岡市": "福岡県", "熊本市": "熊本県", "金沢市": "石川県", "松本市": "長野県", "長野市": "長野県", "宇都宮市": "栃木県",
}  # fmt: skip
_TOKYO_WARDS = "千代田|中央|港|新宿|文京|台東|墨田|江東|品川|目黒|大田|世田谷|渋谷|中野|杉並|豊島|北|荒川|板橋|練馬|足立|葛飾|江戸川"

_PREFECTURE = re.compile("|".join(PREFECTURES))
# Names with 市, 町, 村 or 郡 inside come first.
_CITY = re.compile(
    r"(?:札幌|仙台|さいたま|千葉|横浜|川崎|相模原|新潟|静岡|浜松|名古屋|京都|大阪|堺|神戸|岡山|広島|北九州|福岡|熊本)市[^\s市区町0-9]{1,4}区"
    r"|(?:四日市|廿日市|野々市|八日市場|五日市|市川|市原|郡山|大和郡山|小郡|蒲郡|郡上|村上|村山|東村山|武蔵村山|羽村|大村|田村|町田|大町|十日町|下市)市"
    r"|(?:余市郡(?:余市町|仁木町|赤井川村)|高市郡(?:高取町|明日香村)|芳賀郡市貝町|佐波郡玉村町|杵島郡大町町|柴田郡村田町|神崎郡市川町|吉野郡下市町)"
    r"|(?:[東西北]村山|[^\s市区町村0-9]{1,6})郡[^\s0-9]{1,6}?[町村]"
    r"|[^\s市区町村郡0-9]{1,6}市"
    rf"|(?:{_TOKYO_WARDS})区"
    r"|[^\s市区町村0-9]{1,5}[区町村]"
)

_POSTAL = re.compile(r"(?<!\d)(\d{3})\s*[-\u2010-\u2015\u2212ー]?\s*(\d{4})(?!\d)")
_DASHES = re.compile(r"(?<=\d)\s*[-\u2010-\u2015\u2212ー~のノ之]\s*(?=\d)")
_KANJI_NUMBER = re.compile(r"[一二三四五六七八九〇十百]+(?=(?:丁目?|番地?|号|条))")
_COUNTERS = re.compile(r"(\d)(?:丁目|丁|番地の?|番|号室?)(?!町)")
_VILLAGE_SECTION = re.compile(r"大字|(?<=[\u4e00-\u9fff])字(?=[\u4e00-\u9fffァ-ヺぁ-ん])")
_SMALL_KE = re.compile(r"(?<=[\u4e00-\u9fff])[ヶヵケガがけ](?=[\u4e00-\u9fff])")
_NOT_A_LETTER = re.compile(r"[^\w-]+|_")
_DASHES_IN_A_ROW = re.compile("-{2,}")
_LOOSE_DASH = re.compile(r"-+(?=-|$|[^\d-])")
# What has none of the first is not counted in words; what is nothing but the second needs no more put right.
_COUNTED = re.compile("[丁番号条字]")
_KANJI_AND_NUMBERS = re.compile("[一-乊乌-龯々0-9-]*")  # 之 may be a dash


class Address(NamedTuple):
    """An address in three parts, each "" where it is missing."""

    prefecture: str
    city: str
    street: str


def split(address: str) -> Address:
    """Prefecture, city (with 郡 or 区) and the rest. The rest is as written; a postal code in front is left out."""
    text = re.sub(r"^\s*〒?\s*[\d０-９]{3}[-－‐−ー]?[\d０-９]{4}(?![\d０-９])\s*", "", address.strip())
    text = text.replace("\u3000", " ").removeprefix("〒").strip()
    prefecture = _PREFECTURE.match(text)
    rest = text[prefecture.end() :].lstrip() if prefecture else text
    city = _CITY.match(rest)
    if not city:
        return Address(prefecture[0] if prefecture else "", "", rest)
    large_city = city[0].split("市")[0] + "市"
    return Address(
        prefecture[0] if prefecture else _PREFECTURE_OF.get(large_city, ""),
        city[0],
        rest[city.end() :].strip(),
    )


def postal(text: str) -> str:
    """Seven digits of a postal code: 〒100-0005 → 1000005; "" when there is none. A spreadsheet's lost zero is put back."""
    if (
        text.isascii()
        and (digits := text[:3] + text[4:] if text[3:4] == "-" else text).isdecimal()
        and len(digits) == 7
    ):
        return digits
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"\.0+$", "", plain)
    if match := _POSTAL.search(plain):
        return match[1] + match[2]
    return "0" + plain if re.fullmatch(r"\d{6}", plain) else ""


@lru_cache(maxsize=4096)
def address_key(text: str) -> str:
    """What two spellings of an address have in common: 丸の内一丁目９番１号 and 丸の内1-9-1 give 丸の内1-9-1."""
    plain = fold_kanji(unicodedata.normalize("NFKC", text).casefold())
    if _COUNTED.search(plain):
        plain = _KANJI_NUMBER.sub(lambda match: str(_value(match[0])), plain)
        plain = _COUNTERS.sub(r"\1-", _VILLAGE_SECTION.sub("", plain))
    if not _KANJI_AND_NUMBERS.fullmatch(plain):
        plain = _DASHES.sub("-", _SMALL_KE.sub("ケ", plain))
        plain = _NOT_A_LETTER.sub("", plain)
    return _LOOSE_DASH.sub("", _DASHES_IN_A_ROW.sub("-", plain) if "--" in plain else plain)


def _value(kanji: str) -> int:
    """The number that kanji stand for, up to 999: 二十三 and 二三 are 23."""
    digits = "〇一二三四五六七八九"
    if not set(kanji) & {"十", "百"}:
        return int("".join(str(digits.index(character)) for character in kanji))
    total = current = 0
    for character in kanji:
        if character in "十百":
            total += (current or 1) * (10 if character == "十" else 100)
            current = 0
        else:
            current = digits.index(character)
    return total + current
