"""What a company's page shows of its deals: only those that the reader may see."""

from django.template import Context, Template
from django.test import RequestFactory

from tests.factories import make_company, make_deal


def shown(tag, person, company):
    request = RequestFactory().get("/")
    request.user = person
    page = Template(f"{{% load pipeline %}}{{% {tag} company %}}")
    return page.render(Context({"request": request, "company": company}))


def test_the_deals_of_a_company_are_those_of_ones_teams(sato, tanaka, watanabe):
    company = make_company()
    make_deal(sato, "Discovery", company, name="一課の案件", amount=3_000_000)
    make_deal(tanaka, "Won", company, name="二課の案件", amount=5_000_000)

    assert "一課の案件" in shown("company_deals", sato, company)
    assert "二課の案件" not in shown("company_deals", sato, company)
    assert "二課の案件" in shown("company_deals", watanabe, company)


def test_the_figures_count_what_the_reader_may_see(sato, tanaka, watanabe):
    company = make_company()
    make_deal(sato, "Discovery", company, amount=3_000_000)
    make_deal(tanaka, "Won", company, amount=5_000_000)

    assert "¥300" in shown("company_figures", sato, company)
    assert "¥500" not in shown("company_figures", sato, company)
    assert "¥500" in shown("company_figures", watanabe, company)
