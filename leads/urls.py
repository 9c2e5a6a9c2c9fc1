from django.urls import path

from crm.lib.coming import coming

app_name = "leads"
urlpatterns = [
    path("leads/", coming, name="leads"),
    path("leads/new/", coming, name="lead-new"),
    path("leads/<int:pk>/", coming, name="lead"),
]
