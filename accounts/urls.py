from django.urls import path

from accounts.views import companies, contacts, duplicates, files, places

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
    path("companies/names/", places.company_names, name="company-names"),
    path("companies/<int:pk>/group/", places.company_group, name="company-group"),
    path("companies/<int:pk>/files/", files.company_files, name="company-files"),
    path("companies/<int:pk>/files/<int:file>/", files.company_file, name="company-file"),
    path("companies/<int:pk>/files/<int:file>/removal/", files.company_file_removal, name="file-removal"),
    path(
        "companies/<int:pk>/files/<int:file>/restoration/",
        files.company_file_restoration,
        name="file-restoration",
    ),
    path("divisions/<int:pk>/", places.division, name="division"),
    path("sites/<int:pk>/", places.site, name="site"),
    path("companies/<int:pk>/contacts/", contacts.contact_new, name="contact-new"),
    path("contacts/<int:pk>/", contacts.contact, name="contact"),
    path("contacts/<int:pk>/facts/<slug:fact>/", contacts.contact_fact, name="contact-fact"),
    path("contacts/<int:pk>/move/", contacts.contact_move, name="contact-move"),
    path("contacts/<int:pk>/leave/", contacts.contact_leave, name="contact-leave"),
    path("contacts/<int:pk>/return/", contacts.contact_return, name="contact-return"),
    path("duplicates/", duplicates.duplicates, name="duplicates"),
    path("duplicates/<int:pk>/", duplicates.duplicate, name="duplicate"),
    path("duplicates/<int:pk>/decision/", duplicates.duplicate_decision, name="duplicate-decision"),
    path("duplicates/<int:pk>/reopening/", duplicates.duplicate_reopening, name="duplicate-reopening"),
    path("duplicates/questions/<int:pk>/", duplicates.question, name="question"),
    path("duplicates/questions/<int:pk>/decision/", duplicates.question_decision, name="question-decision"),
]
