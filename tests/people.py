"""The people of the tests, those of the sample company: fixtures for every test (imported by conftest)."""

import pytest

from staff.models import Team, User
from tests.factories import make_team, make_user


@pytest.fixture
def sales(db) -> Team:
    return make_team("営業部")


@pytest.fixture
def team_one(sales) -> Team:
    return make_team("営業一課", sales)


@pytest.fixture
def team_two(sales) -> Team:
    return make_team("営業二課", sales)


@pytest.fixture
def sato(team_one) -> User:
    return make_user("sato@sakura.example", team_one, family_name="佐藤", given_name="美咲")


@pytest.fixture
def takahashi(team_one) -> User:
    return make_user("takahashi@sakura.example", team_one, family_name="高橋", given_name="健")


@pytest.fixture
def tanaka(team_two) -> User:
    return make_user("tanaka@sakura.example", team_two, family_name="田中", given_name="悠")


@pytest.fixture
def watanabe(sales) -> User:
    return make_user("watanabe@sakura.example", sales, "manager", family_name="渡辺", given_name="剛")


@pytest.fixture
def kobayashi(db) -> User:
    return make_user(
        "kobayashi@sakura.example",
        Team.objects.get(parent=None),
        "executive",
        family_name="小林",
        given_name="章",
    )


@pytest.fixture
def ito(db) -> User:
    return make_user(
        "ito@sakura.example", Team.objects.get(parent=None), "admin", family_name="伊藤", given_name="彩花"
    )


@pytest.fixture
def system(db) -> User:
    return User.objects.system()
