from django.urls import path

from staff.views import preferences

app_name = "staff"
urlpatterns = [
    path("preferences/", preferences.preferences, name="preferences"),
]
