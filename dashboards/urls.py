from django.urls import path

from dashboards import views

app_name = "dashboards"
urlpatterns = [
    path("today/", views.today, name="today"),
    path("today/follow-ups/", views.follow_ups, name="follow-ups"),
    path("team/", views.team, name="team"),
    path("team/deals/<int:pk>/next-action/", views.next_action, name="next-action"),
    path("business/", views.business, name="business"),
]
