"""A place written behind the company's name, 山田製作所 大阪支店, is a site of the company.

The words are those of matching (accounts/dedup/words.py). Here the name is divided for good, so only the sure ones count.
"""

from __future__ import annotations

import re

from accounts.dedup import words
from crm.lib.names import has_form


def _any_of(parts: set[str]) -> str:
    return "|".join(sorted(map(re.escape, parts), key=len, reverse=True))


_SURE = {*words.SURE_SITE_WORDS, "本店"}
# These end names of companies as well; behind a space they are places.
_APART = _SURE | {"センター", "オフィス", "事務所", "支所", "ショールーム"}
_ENDS = tuple(_APART)
_PLACES = {place for place in words.PLACES if len(place) >= 2}
_BEHIND_A_SPACE = re.compile(rf"^(.+?)[\s\u3000・/]+(\S*(?:{_any_of(_APART)}))$")
_BEHIND_A_PLACE = re.compile(rf"^(.{{2,}}?)((?:{_any_of(_PLACES)})第?[一二三\d]?(?:{_any_of(_SURE)}))$")


def split(name: str) -> tuple[str, str]:
    """The company's name and its site, "" when the name speaks of none. Doubtful ones stay as they are."""
    if not name.endswith(_ENDS):
        return name, ""
    match = _BEHIND_A_SPACE.match(name) or (_BEHIND_A_PLACE.match(name) if has_form(name) else None)
    if match is None or has_form(match[2]) or not _says_more_than_its_form(match[1]):
        return name, ""
    return match[1].strip(), match[2].strip()


def _says_more_than_its_form(company: str) -> bool:
    """株式会社北九州支店 names no company besides its site: it is called so."""
    return has_form(company) or not has_form(f"{company}山")
