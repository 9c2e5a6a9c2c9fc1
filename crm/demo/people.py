"""Who works at さくら産機: eight people in a team tree."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings

from leads.models import AssignmentRule
from staff import teams
from staff.models import CompanyProfile, Role, Team, User

PASSWORD = "sakura-2026-enishi"  # noqa: S105 - of people who do not exist, on one's own machine
DOMAIN = "sakura.example"


class Person(NamedTuple):
    key: str
    family: str
    given: str
    family_kana: str
    given_kana: str
    title: str
    role: str
    team: str


PEOPLE = [
    Person("kobayashi", "小林", "章", "コバヤシ", "アキラ", "代表", Role.EXECUTIVE, "全社"),
    Person("watanabe", "渡辺", "剛", "ワタナベ", "ツヨシ", "営業部長", Role.MANAGER, "営業部"),
    Person("sato", "佐藤", "美咲", "サトウ", "ミサキ", "", Role.REP, "営業一課"),
    Person("takahashi", "高橋", "健", "タカハシ", "ケン", "主任", Role.REP, "営業一課"),
    Person("suzuki", "鈴木", "大輔", "スズキ", "ダイスケ", "", Role.REP, "営業一課"),
    Person("nakamura", "中村", "彩", "ナカムラ", "アヤ", "", Role.REP, "営業一課"),
    Person("tanaka", "田中", "悠", "タナカ", "ユウ", "", Role.REP, "営業二課"),
    Person("ito", "伊藤", "彩花", "イトウ", "アヤカ", "情報システム", Role.ADMIN, "全社"),
]


def add_people() -> dict[str, User]:
    """The people by their key, in their teams, and the rules by which leads find them."""
    system = User.objects.system()
    CompanyProfile.objects.filter(pk=1).update(name="さくら産機")
    top = Team.objects.get(parent=None)
    sales = teams.create_team("営業部", top, by=system)
    places = {
        "全社": top,
        "営業部": sales,
        "営業一課": teams.create_team("営業一課", sales, by=system),
        "営業二課": teams.create_team("営業二課", sales, by=system),
    }
    people = {person.key: _add(person, places[person.team]) for person in PEOPLE}
    _add_rules(people)
    return people


def _add(person: Person, team: Team) -> User:
    return User.objects.create_user(
        f"{person.key}@{DOMAIN}",
        PASSWORD,
        family_name=person.family,
        given_name=person.given,
        family_kana=person.family_kana,
        given_kana=person.given_kana,
        title=person.title,
        role=person.role,
        team=team,
    )


def _add_rules(people: dict[str, User]) -> None:
    east = [
        "東京都",
        "神奈川県",
        "埼玉県",
        "千葉県",
        "茨城県",
        "栃木県",
        "群馬県",
        "山梨県",
        "長野県",
        "新潟県",
    ]
    west = ["大阪府", "京都府", "兵庫県", "広島県", "岡山県", "福岡県"]
    first = AssignmentRule.objects.create(name="関東・甲信越", position=1, prefectures=east)
    first.people.set([people["sato"], people["takahashi"], people["suzuki"], people["nakamura"]])
    AssignmentRule.objects.create(name="西日本", position=2, prefectures=west).people.set([people["tanaka"]])
    rest = AssignmentRule.objects.create(name="そのほか", position=9)
    rest.people.set([people["sato"], people["takahashi"], people["nakamura"], people["tanaka"]])


def login_lines() -> list[str]:
    """For the console: who may sign in with what."""
    if settings.MODE == "server" or not User.objects.filter(email=f"sato@{DOMAIN}").exists():
        return []
    lines = [f"Sample people (password of all: {PASSWORD}):"]
    lines += [
        f"  {p.key}@{DOMAIN:<16} {p.family} {p.given}  {p.team} {p.title or Role(p.role).label}"
        for p in PEOPLE
    ]
    return lines
