"""The people of the tests, those of the sample company: fixtures for every test (imported by conftest)."""

import pytest

from staff.models import Team, User
from tests.factories import make_team, make_user

# Name in the address → role, family name, given name.
PEOPLE = {
    "sato": ("rep", "佐藤", "美咲"),
    "takahashi": ("rep", "高橋", "健"),
    "tanaka": ("rep", "田中", "悠"),
    "watanabe": ("manager", "渡辺", "剛"),
    "kobayashi": ("executive", "小林", "章"),
    "ito": ("admin", "伊藤", "彩花"),
}


def make_person(name: str, team: Team) -> User:
    role, family, given = PEOPLE[name]
    return make_user(f"{name}@sakura.example", team, role, family_name=family, given_name=given)


def top_team() -> Team:
    return Team.objects.get(parent=None)


def make_everybody() -> dict[str, User]:
    """All of them at once, for tests that share one world."""
    top, sales = top_team(), make_team("営業部")
    one, two = make_team("営業一課", sales), make_team("営業二課", sales)
    teams = {"sato": one, "takahashi": one, "tanaka": two, "watanabe": sales, "kobayashi": top, "ito": top}
    return {name: make_person(name, team) for name, team in teams.items()}


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
    return make_person("sato", team_one)


@pytest.fixture
def takahashi(team_one) -> User:
    return make_person("takahashi", team_one)


@pytest.fixture
def tanaka(team_two) -> User:
    return make_person("tanaka", team_two)


@pytest.fixture
def watanabe(sales) -> User:
    return make_person("watanabe", sales)


@pytest.fixture
def kobayashi(db) -> User:
    return make_person("kobayashi", top_team())


@pytest.fixture
def ito(db) -> User:
    return make_person("ito", top_team())


@pytest.fixture
def system(db) -> User:
    return User.objects.system()
