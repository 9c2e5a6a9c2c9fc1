from django.urls import path

from crm.lib.coming import coming

app_name = "dashboards"
urlpatterns = [
    path("today/", coming, name="today"),
    path("team/", coming, name="team"),
    path("business/", coming, name="business"),
]
