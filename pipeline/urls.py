from django.urls import path

from crm.lib.coming import coming

app_name = "pipeline"
urlpatterns = [
    path("deals/", coming, name="board"),
    path("deals/list/", coming, name="list"),
    path("deals/new/", coming, name="deal-new"),
    path("deals/<int:pk>/", coming, name="deal"),
    path("deals/<int:pk>/stage/", coming, name="deal-stage"),
    path("settings/stages/", coming, name="stages"),
]
