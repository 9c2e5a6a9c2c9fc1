from django.urls import path

from crm.lib.coming import coming

app_name = "integrations"
urlpatterns = [
    path("imports/", coming, name="imports"),
    path("imports/new/", coming, name="import-new"),
    path("imports/<int:pk>/", coming, name="import"),
]
