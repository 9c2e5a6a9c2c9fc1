"""Internet domains of companies, from mail addresses and web addresses."""

# ruff: noqa: SIM905 (word lists read better as text)

import re
import unicodedata
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

# Mail of providers and portals: an address there says nothing about the company.
FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com yahoo.co.jp yahoo.ne.jp yahoo.com ymail.ne.jp ymail.com ybb.ne.jp rocketmail.com
    outlook.com outlook.jp hotmail.com hotmail.co.jp live.jp live.com msn.com windowslive.com
    icloud.com me.com mac.com aol.com aol.jp proton.me protonmail.com pm.me gmx.com gmx.net zoho.com fastmail.com mail.com
    docomo.ne.jp ezweb.ne.jp au.com auone.jp softbank.ne.jp softbank.jp vodafone.ne.jp disney.ne.jp disneymobile.ne.jp willcom.com
    pdx.ne.jp emobile.ne.jp emnet.ne.jp ymobile1.ne.jp y-mobile.ne.jp rakuten.jp uqmobile.jp uqwimax.jp mineo.jp
    nifty.com nifty.ne.jp biglobe.ne.jp ocn.ne.jp so-net.ne.jp plala.or.jp dion.ne.jp asahi-net.or.jp home.ne.jp zaq.ne.jp
    eonet.ne.jp infoweb.ne.jp hi-ho.ne.jp wakwak.com sannet.ne.jp odn.ne.jp odn.ad.jp dti.ne.jp bbiq.jp commufa.jp tnc.ne.jp
    mesh.ne.jp nttpc.ne.jp jcom.ne.jp itscom.net tepco.ne.jp megaegg.ne.jp enjoy.ne.jp coara.or.jp bekkoame.ne.jp
    cncm.ne.jp ccnw.ne.jp starcat.ne.jp mint.or.jp kcn.ne.jp kcn.jp janis.or.jp avis.ne.jp valley.ne.jp spacelan.ne.jp
    infoseek.jp excite.co.jp goo.jp goo.ne.jp livedoor.com mail.ru yandex.ru yandex.com qq.com 163.com 126.com sina.com
    naver.com hanmail.net daum.net yopmail.com mailinator.com
    """.split()
)

_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# Nearly all addresses: https://www.sakura.co.jp/, sakura.co.jp.
_USUAL = re.compile(r"(?:https?://)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})/?")
_SUFFIXES = PublicSuffixList()


@lru_cache(maxsize=16_384)  # each is asked for when a list is checked, compared and stored
def registrable(mail_or_url: str) -> str:
    """The domain that its owner registered: sales@tokyo.sakura.co.jp and https://www.sakura.co.jp/ give sakura.co.jp.

    "" for an address without one: a bare host name, an IP address, a public suffix, nonsense.
    """
    if usual := _USUAL.fullmatch(mail_or_url):
        return _private(usual[1])
    host = _host(unicodedata.normalize("NFKC", mail_or_url).strip().casefold())
    labels = host.split(".")
    if len(labels) < 2 or labels[-1].isdecimal() or not all(map(_LABEL.fullmatch, labels)):
        return ""
    return _private(host)


def _private(host: str) -> str:
    """The public suffix of the host and one label more; "" for a suffix alone."""
    labels = host.rsplit(".", 3)
    if len(labels) > 2 and f"{labels[-2]}.{labels[-1]}" in _plain_suffixes():
        return ".".join(labels[-3:])
    return _SUFFIXES.privatesuffix(host) or ""


@cache
def _plain_suffixes() -> frozenset[str]:
    """Public suffixes of two labels that no longer one ends in, co.jp before all: nothing else decides below them."""
    told = [rule.lstrip("!*.") for rule in _SUFFIXES._publicsuffix]
    longer = {".".join(rule.rsplit(".", 2)[-2:]) for rule in told if rule.count(".") > 1}
    special = {rule.lstrip("!*.") for rule in _SUFFIXES._publicsuffix if rule[:1] in "!*"}
    return frozenset(rule for rule in told if rule.count(".") == 1) - longer - special


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address in the domain: portals, phone carriers, internet providers."""
    return (registrable(domain) or domain.casefold()) in FREE_MAIL


def matching_domain(mail_or_url: str) -> str:
    """The registrable domain when it says something about the company, "" for free mail."""
    domain = registrable(mail_or_url)
    return "" if domain in FREE_MAIL else domain


def _host(address: str) -> str:
    """The host in ASCII, of a web address, a mail address (also `Name <a@b>`) or a plain domain."""
    if _HOST.match(address):
        address = re.split(r"[/?#\\]", _HOST.sub("", address), maxsplit=1)[0]
    else:
        address = re.split(r"[/?#]", address.removeprefix("mailto:"), maxsplit=1)[0]
    host = address.rsplit("@", 1)[-1].strip(" <>\"'").split(":")[0].strip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
