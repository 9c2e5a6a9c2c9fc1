from django.urls import path

from accounts.views import bin, companies, contacts, duplicates, merges

app_name = "accounts"
urlpatterns = [
    path("companies/", companies.companies, name="companies"),
    path("companies/filters/", companies.companies_filters, name="companies-filters"),
    path("companies/new/", companies.company_new, name="company-new"),
    path("companies/similar/", companies.company_similar, name="company-similar"),
    path("companies/<int:pk>/", companies.company, name="company"),
    path("companies/<int:pk>/facts/<slug:fact>/", companies.company_fact, name="company-fact"),
    path("companies/<int:pk>/access/", companies.company_access, name="company-access"),
    path("companies/<int:pk>/divisions/", companies.company_division, name="company-division"),
    path("companies/<int:pk>/sites/", companies.company_site, name="company-site"),
    path("companies/<int:pk>/contacts/", contacts.contact_new, name="contact-new"),
    path("contacts/<int:pk>/", contacts.contact, name="contact"),
    path("contacts/<int:pk>/facts/<slug:fact>/", contacts.contact_fact, name="contact-fact"),
    path("bin/", bin.bin, name="bin"),
    path("bin/<int:pk>/restoration/", bin.restoration, name="restoration"),
    path("bin/<slug:kind>/<int:pk>/", bin.removal, name="removal"),
    path("merges/", merges.merges, name="merges"),
    path("merges/new/<slug:kind>/<int:pk>/", merges.merge_partner, name="merge-partner"),
    path("merges/new/<slug:kind>/<int:a>/<int:b>/", merges.merge_new, name="merge-new"),
    path("merges/<int:pk>/", merges.merge, name="merge"),
    path("merges/<int:pk>/undoing/", merges.merge_undoing, name="merge-undoing"),
    path("duplicates/", duplicates.duplicates, name="duplicates"),
    path("duplicates/<int:pk>/", duplicates.duplicate, name="duplicate"),
    path("duplicates/<int:pk>/decision/", duplicates.duplicate_decision, name="duplicate-decision"),
    path("duplicates/<int:pk>/reopening/", duplicates.duplicate_reopening, name="duplicate-reopening"),
    path("duplicates/questions/<int:pk>/", duplicates.question, name="question"),
    path("duplicates/questions/<int:pk>/decision/", duplicates.question_decision, name="question-decision"),
]
