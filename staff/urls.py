from django.urls import path

from staff.views import calendar, custom, log, notices, people, preferences

app_name = "staff"
urlpatterns = [
    path("preferences/", preferences.preferences, name="preferences"),
    path("notices/", notices.notices, name="notices"),
    path("notices/reading/", notices.reading, name="reading"),
    path("notices/<int:pk>/", notices.notice, name="notice"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/days/", calendar.calendar_days, name="calendar-days"),
    path("calendar/days/removal/", calendar.calendar_day_removal, name="calendar-day-removal"),
    path("absences/", calendar.absences, name="absences"),
    path("absences/<int:pk>/removal/", calendar.absence_removal, name="absence-removal"),
    path("fields/", custom.custom_fields, name="custom-fields"),
    path("fields/<slug:subject>/filters/", custom.custom_filters, name="custom-filters"),
    path("fields/<slug:subject>/new/", custom.custom_field_new, name="custom-field-new"),
    path("fields/<int:pk>/", custom.custom_field, name="custom-field"),
    path("fields/<int:pk>/state/", custom.custom_field_state, name="custom-field-state"),
    path("fields/<slug:subject>/<int:pk>/<int:field>/", custom.custom_value, name="custom-value"),
    path("people/", people.people, name="people"),
    path("people/new/", people.person_new, name="person-new"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/activity/", people.person_activity, name="person-activity"),
    path("people/<int:pk>/password/", people.person_password, name="person-password"),
    path("teams/new/", people.team_new, name="team-new"),
    path("teams/<int:pk>/", people.team, name="team"),
    path("teams/<int:pk>/removal/", people.team_removal, name="team-removal"),
    path("log/", log.operation_log, name="log"),
    path("log/check/", log.check, name="log-check"),
    path("log/<int:pk>/", log.event, name="event"),
]
