"""A place written behind the company's name, 山田製作所 大阪支店, is a site of the company."""

from __future__ import annotations

import re

from crm.lib import addresses
from crm.lib.names import has_form

_KINDS = "支店|支社|営業所|出張所|事業所|工場|本社|本店|本社工場"
_BEHIND_A_SPACE = re.compile(rf"^(.+?)[\s\u3000・/]+(\S*(?:{_KINDS}|センター|オフィス|事務所))$")
_TOWNS = [
    "札幌",
    "仙台",
    "横浜",
    "川崎",
    "名古屋",
    "神戸",
    "堺",
    "北九州",
    "さいたま",
    "浜松",
    "金沢",
    "高松",
    "松山",
    "那覇",
    "水戸",
    "宇都宮",
    "前橋",
    "高崎",
    "甲府",
    "松本",
    "大津",
    "盛岡",
    "郡山",
    "浦和",
    "大宮",
    "立川",
    "厚木",
    "沼津",
    "豊田",
    "豊橋",
    "姫路",
    "倉敷",
    "福山",
    "久留米",
    "関東",
    "関西",
    "東北",
    "中部",
    "北陸",
    "中国",
    "四国",
    "九州",
    "首都圏",
    "近畿",
    "東海",
    "東日本",
    "西日本",
]
_PLACES = sorted(
    {*_TOWNS, *(name[:-1] for name in addresses.REGIONS if name != "北海道"), "北海道"}, key=len, reverse=True
)
_BEHIND_A_PLACE = re.compile(rf"^(.{{2,}}?)((?:{'|'.join(_PLACES)})第?[一二三\d]?(?:{_KINDS}))$")


def split(name: str) -> tuple[str, str]:
    """The company's name and its site, "" when the name speaks of none. Doubtful ones stay as they are."""
    match = _BEHIND_A_SPACE.match(name) or (_BEHIND_A_PLACE.match(name) if has_form(name) else None)
    if match is None or has_form(match[2]):
        return name, ""
    return match[1].strip(), match[2].strip()
