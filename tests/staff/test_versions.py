import pytest

from staff import versions
from tests.factories import make_company


def test_different_fields_of_two_people_merge_by_themselves(sato):
    company = make_company(industry="食品", city="川崎市")
    company.city = "横浜市"  # what somebody else saved meanwhile

    changed = versions.merge(
        company, {"industry": "機械", "city": "川崎市"}, {"industry": "食品", "city": "川崎市"}
    )

    assert changed == {"industry": ("食品", "機械")}
    assert (company.industry, company.city, company.version) == ("機械", "横浜市", 2)


def test_the_same_field_shows_both_and_writes_nothing(sato):
    company = make_company(industry="機械")

    with pytest.raises(versions.Conflict) as conflict:
        versions.merge(company, {"industry": "物流"}, {"industry": "食品"})

    assert conflict.value.fields == {"industry": ("物流", "機械")}
    assert (company.industry, company.version) == ("機械", 1)


def test_the_same_value_from_both_is_no_conflict(sato):
    company = make_company(industry="機械")

    assert versions.merge(company, {"industry": "機械"}, {"industry": "食品"}) == {}
    assert company.version == 1
