from django.urls import path

from crm.lib.coming import coming

app_name = "activities"
urlpatterns = [
    path("activities/new/", coming, name="log"),
    path("todos/new/", coming, name="todo-new"),
    path("todos/<int:pk>/", coming, name="todo"),
]
