from django.urls import path

from dashboards.views import business, team, today, weekly

app_name = "dashboards"
urlpatterns = [
    path("today/", today.today, name="today"),
    path("today/follow-ups/", today.follow_ups, name="follow-ups"),
    path("team/", team.team, name="team"),
    path("team/deals/<int:pk>/next-action/", team.next_action, name="next-action"),
    path("team/weeks/", weekly.weeks, name="weeks"),
    path("business/", business.business, name="business"),
]
