from django.urls import path

from dashboards.views import business, decisions, meetings, targets, team, today, weekly

app_name = "dashboards"
urlpatterns = [
    path("today/", today.today, name="today"),
    path("today/follow-ups/", today.follow_ups, name="follow-ups"),
    path("team/", team.team, name="team"),
    path("team/deals/<int:pk>/next-action/", team.next_action, name="next-action"),
    path("team/weeks/", weekly.weeks, name="weeks"),
    path("business/", business.business, name="business"),
    path("targets/", targets.targets, name="targets"),
    path("targets/fiscal-year/", targets.fiscal_start, name="fiscal-start"),
    path("meetings/", meetings.meetings, name="meetings"),
    path("meetings/new/", meetings.meeting_new, name="meeting-new"),
    path("meetings/<int:pk>/", meetings.meeting, name="meeting"),
    path("meetings/<int:pk>/screen/", meetings.meeting_following, name="meeting-following"),
    path("meetings/<int:pk>/place/", meetings.meeting_place, name="meeting-place"),
    path("meetings/<int:pk>/step/", meetings.meeting_step, name="meeting-step"),
    path("meetings/<int:pk>/end/", meetings.meeting_end, name="meeting-end"),
    path("meetings/<int:pk>/reopening/", meetings.meeting_reopening, name="meeting-reopening"),
    path("meetings/<int:pk>/minutes/", meetings.meeting_minutes, name="meeting-minutes"),
    path("meetings/<int:pk>/minutes.pdf", meetings.meeting_pdf, name="meeting-pdf"),
    path("meetings/<int:pk>/decisions/", decisions.decisions, name="decisions"),
    path("meetings/<int:pk>/decisions/<int:decision>/undo/", decisions.decision_undo, name="decision-undo"),
]
