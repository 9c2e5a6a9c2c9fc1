from datetime import date

import pytest

from accounts import companies, duplicates, merging
from accounts.models import DuplicatePair, FactsQuestion, Site
from staff import access
from staff.models import Event


@pytest.fixture
def pair(sato):
    for _n in range(2):
        companies.create_company({"name": "青嶺精工", "owner": sato}, by=sato)
    return DuplicatePair.objects.get()


def test_different_is_remembered_with_who_and_when(pair, watanabe):
    duplicates.decide(pair, "different", by=watanabe)

    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == ("different", watanabe)
    assert pair.decided_at
    events = Event.objects.filter(kind="duplicate.different")
    assert {e.company_id for e in events} == {pair.company_a_id, pair.company_b_id}


def test_a_decision_can_be_taken_back(pair, watanabe):
    duplicates.decide(pair, "different", by=watanabe)
    duplicates.decide(pair, "open", by=watanabe)

    pair.refresh_from_db()
    assert (pair.state, pair.decided_by, pair.decided_at) == ("open", None, None)


def test_deciding_the_same_twice_is_told_once(pair, watanabe):
    duplicates.decide(pair, "later", by=watanabe)
    duplicates.decide(pair, "later", by=watanabe)

    assert Event.objects.filter(kind="duplicate.later", company_id=pair.company_a_id).count() == 1


def test_reviewers_and_owners_decide_and_nobody_else(pair, sato, takahashi, watanabe, kobayashi, ito):
    allowed = [
        person.family_name
        for person in (sato, takahashi, watanabe, kobayashi, ito)
        if access.allows(person, "decide duplicates", pair)
    ]
    assert allowed == ["佐藤", "渡辺", "伊藤"]


@pytest.fixture
def question(sato):
    company = companies.create_company(
        {"name": "青嶺精機", "kana": "アオミネセイキ", "changed_on": date(2023, 5, 1)}, by=sato
    )
    companies.record_name(company, "青嶺精工", date(2023, 5, 1), by=sato)
    return FactsQuestion.objects.get()


def test_taking_the_other_name_makes_it_the_current_one(question, watanabe):
    duplicates.decide_facts(question, "taken", by=watanabe)

    company = question.company
    company.refresh_from_db()
    assert (company.name, company.name_key, company.kana) == ("青嶺精工", "青嶺精工", "")
    assert [(n.name, n.until) for n in company.former_names.all()] == [("青嶺精機", date(2023, 5, 1))]
    question.refresh_from_db()
    assert (question.state, question.decided_by) == ("taken", watanabe)


def test_keeping_ours_leaves_the_other_as_a_former_name(question, watanabe):
    duplicates.decide_facts(question, "kept", by=watanabe)

    company = question.company
    company.refresh_from_db()
    assert company.name == "青嶺精機"
    assert [n.name for n in company.former_names.all()] == ["青嶺精工"]


def test_a_decided_question_is_not_decided_again(question, watanabe, ito):
    duplicates.decide_facts(question, "kept", by=watanabe)

    with pytest.raises(duplicates.AlreadyDecided):
        duplicates.decide_facts(question, "taken", by=ito)

    question.company.refresh_from_db()
    assert question.company.name == "青嶺精機"


def test_the_same_row_again_asks_nothing_new(question, sato):
    companies.record_name(question.company, "青嶺精工", date(2023, 5, 1), by=sato)

    assert FactsQuestion.objects.count() == 1


def test_of_the_certain_a_branch_becomes_a_site_and_comes_back_to_the_question(watanabe, sato):
    for name in ("青嶺精工 松本工場", "青嶺精工株式会社"):
        companies.create_company({"name": name, "phone": "0263-22-1111", "owner": sato}, by=sato)
    pair = DuplicatePair.objects.get()
    assert pair.verdict == "certain"

    (made,) = duplicates.accept_certain(by=watanabe)

    assert (made.kind, made.pair) == ("placing", pair)
    assert [site.name for site in Site.objects.filter(company=pair.company_b)] == ["松本工場"]
    pair.refresh_from_db()
    assert pair.state == "merged"
    merging.unmerge(made, by=watanabe)
    pair.refresh_from_db()
    assert pair.state == "open"


def test_a_company_that_nobody_looks_after_is_of_whoever_looked_after_its_branch(watanabe, sato):
    company = companies.create_company({"name": "青嶺精工株式会社"}, by=sato)
    branch = companies.create_company(
        {"name": "青嶺精工 松本工場", "industry": "精密部品の製造", "owner": sato}, by=sato
    )

    made = merging.make_site(branch, company, by=watanabe)

    company.refresh_from_db()
    assert (company.owner, company.industry) == (sato, "")
    merging.unmerge(made, by=watanabe)
    company.refresh_from_db()
    branch.refresh_from_db()
    assert (company.owner, branch.owner) == (None, sato)
