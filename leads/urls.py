from django.urls import path

from leads.views import deciding, leads, rules

app_name = "leads"
urlpatterns = [
    path("leads/", leads.leads, name="leads"),
    path("leads/new/", leads.lead_new, name="lead-new"),
    path("leads/similar/", leads.lead_similar, name="lead-similar"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("leads/<int:pk>/panel/", leads.lead_panel, name="lead-panel"),
    path("leads/<int:pk>/edit/", leads.lead_edit, name="lead-edit"),
    path("leads/<int:pk>/deal/", deciding.lead_deal, name="lead-deal"),
    path("leads/<int:pk>/owner/", deciding.lead_owner, name="lead-owner"),
    path("leads/<int:pk>/nurture/", deciding.lead_nurture, name="lead-nurture"),
    path("leads/<int:pk>/disqualification/", deciding.lead_disqualification, name="lead-disqualification"),
    path("leads/<int:pk>/reopening/", deciding.lead_reopening, name="lead-reopening"),
    path("settings/leads/", rules.rules, name="rules"),
    path("settings/leads/clocks/<int:pk>/", rules.clock, name="clock"),
    path("settings/leads/assignment/new/", rules.assignment_rule_new, name="assignment-rule-new"),
    path("settings/leads/assignment/<int:pk>/", rules.assignment_rule, name="assignment-rule"),
]
