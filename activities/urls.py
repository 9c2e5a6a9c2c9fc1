from django.urls import path

from activities.views import automations, handovers, log, texts, todos

app_name = "activities"
urlpatterns = [
    path("settings/automations/nudge/", automations.nudge_switch, name="nudge-switch"),
    path("activities/new/", log.log, name="log"),
    path("activities/", log.compose, name="compose"),
    path("sw.js", log.offline_worker, name="offline-worker"),
    path("activities/draft/", log.draft, name="draft"),
    path("activities/texts/", log.offered_texts, name="offered-texts"),
    path("activities/from-text/", log.compose_from, name="compose-from"),
    path("texts/", texts.texts, name="texts"),
    path("texts/new/", texts.text_new, name="text-new"),
    path("texts/<int:pk>/", texts.text, name="text"),
    path("texts/<int:pk>/edit/", texts.text_edit, name="text-edit"),
    path("texts/<int:pk>/switch/", texts.text_switch, name="text-switch"),
    path("handovers/new/", handovers.handover_new, name="handover-new"),
    path("handovers/<int:pk>/", handovers.handover, name="handover"),
    path("handovers/<int:pk>/undoing/", handovers.handover_undoing, name="handover-undoing"),
    path("todos/new/", todos.todo_new, name="todo-new"),
    path("todos/<int:pk>/", todos.todo, name="todo"),
    path("todos/<int:pk>/done/", todos.todo_done, name="todo-done"),
    path("todos/<int:pk>/open/", todos.todo_open, name="todo-open"),
    path("todos/<int:pk>/due/", todos.todo_due, name="todo-due"),
    path("todos/<int:pk>/next/", todos.todo_next, name="todo-next"),
    path("settings/automations/", automations.automations, name="automations"),
    path("settings/automations/new/", automations.automation_new, name="automation-new"),
    path("settings/automations/<int:pk>/", automations.automation, name="automation"),
    path("settings/automations/<int:pk>/switch/", automations.automation_switch, name="automation-switch"),
    path("settings/playbook/", automations.playbook, name="playbook"),
    path("settings/playbook/<int:pk>/", automations.playbook_step, name="playbook-step"),
]
