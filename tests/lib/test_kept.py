"""A statement that is kept answers as the queryset does that it was made of."""

from datetime import date, datetime, timedelta

import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from crm.lib.kept import kept
from staff.models import Event, Team, User

pytestmark = pytest.mark.django_db


def told(person, kind, days=0):
    return Event.objects.create(
        kind=kind, actor_id=person.pk, subject_type="company", subject_id=1,
        happened_at=timezone.now() - timedelta(days=days),
    )  # fmt: skip


@kept
def of_team(active: bool, *, team: int) -> QuerySet[User]:
    label = Concat(F("family_name"), Value("%"), F("given_name"))
    return (
        User.objects.select_related("team__parent").annotate(label=label)
        .filter(team=team, is_active=active).order_by("email")
    )  # fmt: skip


def seen(rows):
    return [(row.pk, row.label, row.team.name, row.team.parent, row.team_id) for row in rows]


def test_records_with_what_is_beside_them(sato, watanabe, kobayashi, django_assert_num_queries):
    for person in (sato, watanabe, kobayashi, sato):
        with django_assert_num_queries(1):
            found = seen(of_team(True, team=person.team_id))

        assert found == seen(of_team.fresh(True, team=person.team_id))
        assert person.pk in [row[0] for row in found]
    assert of_team(False, team=sato.team_id) == []


def test_the_values_of_one_question_are_not_those_of_the_next(sato):
    @kept
    def since(*, at: datetime, kind: str, day: date) -> QuerySet[Event]:
        return Event.objects.filter(happened_at__gte=at, happened_at__date__lte=day, kind=kind)

    now = timezone.localtime()
    told(sato, "%s", days=3), told(sato, "%s", days=1), told(sato, "'; --")

    def count(**asked):
        found = since(**asked)
        assert found == list(since.fresh(**asked))
        return len(found)

    assert count(at=now - timedelta(days=2), kind="%s", day=now.date()) == 1
    assert count(at=now - timedelta(days=9), kind="%s", day=now.date()) == 2
    assert count(at=now - timedelta(days=9), kind="'; --", day=now.date()) == 1
    assert count(at=now - timedelta(days=9), kind="%s", day=(now - timedelta(days=2)).date()) == 1


def test_rows_that_are_no_records_and_what_is_fetched_beside(sato, watanabe):
    @kept
    def names(*, team: int) -> QuerySet[User]:
        rows = User.objects.filter(team=team).values_list("family_name", "team__name")
        return rows.union(User.objects.filter(pk=team).values_list("email", "team__name")).order_by(
            "family_name"
        )

    @kept
    def teams(*, team: int) -> QuerySet[Team]:
        colleagues = User.objects.filter(team=OuterRef("pk")).order_by("pk").values("pk")
        return (
            Team.objects.filter(pk=team)
            .annotate(colleagues=ArraySubquery(colleagues))
            .prefetch_related("members")
        )

    for team in (sato.team_id, watanabe.team_id):
        assert names(team=team) == list(names.fresh(team=team))
        [found], [slow] = teams(team=team), teams.fresh(team=team)
        assert found.colleagues == slow.colleagues == [row.pk for row in found.members.order_by("pk")]


def test_who_may_see_nothing_gets_nothing_without_a_question(sato, django_assert_num_queries):
    @kept
    def nobody(*, pk: int) -> QuerySet[User]:
        return User.objects.filter(pk=pk).none()

    with django_assert_num_queries(0):
        assert nobody(pk=sato.pk) == []
        assert nobody.first(pk=sato.pk) is None


def test_a_value_that_the_statement_does_not_hold_is_refused(sato):
    @kept
    def changed(*, pk: int) -> QuerySet[User]:
        return User.objects.filter(pk=pk + 1)

    with pytest.raises(TypeError, match="changed or left out pk"):
        changed(pk=sato.pk)
    with pytest.raises(TypeError, match="takes no bool"):
        changed(pk=True)
