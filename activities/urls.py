from django.urls import path

from activities.views import handovers, log, todos

app_name = "activities"
urlpatterns = [
    path("activities/new/", log.log, name="log"),
    path("activities/", log.compose, name="compose"),
    path("handovers/new/", handovers.handover_new, name="handover-new"),
    path("handovers/<int:pk>/", handovers.handover, name="handover"),
    path("todos/new/", todos.todo_new, name="todo-new"),
    path("todos/<int:pk>/", todos.todo, name="todo"),
    path("todos/<int:pk>/done/", todos.todo_done, name="todo-done"),
    path("todos/<int:pk>/open/", todos.todo_open, name="todo-open"),
    path("todos/<int:pk>/due/", todos.todo_due, name="todo-due"),
    path("todos/<int:pk>/next/", todos.todo_next, name="todo-next"),
]
