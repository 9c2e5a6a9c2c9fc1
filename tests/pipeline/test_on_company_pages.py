"""What a company's page shows of its deals: only those that the reader may see."""

from tests.factories import make_company, make_deal


def shown(client, person, company):
    client.force_login(person)
    return client.get(company.get_absolute_url()).content.decode()


def test_the_deals_of_a_company_are_those_of_ones_teams(client, sato, tanaka, watanabe):
    company = make_company()
    make_deal(sato, "Discovery", company, name="一課の案件", amount=3_000_000)
    make_deal(tanaka, "Won", company, name="二課の案件", amount=5_000_000)

    assert "一課の案件" in shown(client, sato, company)
    assert "二課の案件" not in shown(client, sato, company)
    assert "二課の案件" in shown(client, watanabe, company)


def test_the_figures_count_what_the_reader_may_see(client, sato, tanaka, watanabe):
    company = make_company()
    make_deal(sato, "Discovery", company, amount=3_000_000)
    make_deal(tanaka, "Won", company, amount=5_000_000)

    assert "¥300" in shown(client, sato, company)
    assert "¥500" not in shown(client, sato, company)
    assert "¥500" in shown(client, watanabe, company)
