import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.domains import is_free_mail, matching_domain, registrable


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("sato@sakura-sanki.co.jp", "sakura-sanki.co.jp"),
        ("Sato <SATO@Tokyo.Sakura-Sanki.CO.JP>", "sakura-sanki.co.jp"),
        ("ｓａｔｏ＠sakura-sanki.co.jp", "sakura-sanki.co.jp"),
        ("https://www.sakura-sanki.co.jp/about?x=a@b.com", "sakura-sanki.co.jp"),
        ("http://user:secret@www.sakura-sanki.co.jp:8080/", "sakura-sanki.co.jp"),
        ("www.city.yokohama.jp", "city.yokohama.jp"),
        ("a@b.matsumoto.nagano.jp", "b.matsumoto.nagano.jp"),
        ("https://日本語.jp/", "xn--wgv71a119e.jp"),
        ("co.jp", ""),
        ("localhost", ""),
        ("192.0.2.1", ""),
        ("", ""),
        ("no domain", ""),
    ],
)
def test_the_registered_domain(address, domain):
    assert registrable(address) == domain


@pytest.mark.parametrize(
    "domain", ["gmail.com", "yahoo.co.jp", "i.softbank.jp", "abc.ocn.ne.jp", "DOCOMO.ne.jp", "au.com"]
)
def test_free_mail(domain):
    assert is_free_mail(domain)
    assert matching_domain(f"sato@{domain}") == ""


def test_a_company_domain_matches():
    assert not is_free_mail("sakura-sanki.co.jp")
    assert matching_domain("sato@mail.sakura-sanki.co.jp") == "sakura-sanki.co.jp"


@given(st.text())
def test_any_text_has_a_domain_or_not(text):
    assert isinstance(registrable(text), str)
