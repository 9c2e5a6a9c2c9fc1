from django.urls import path

from crm.lib.coming import coming

app_name = "accounts"
urlpatterns = [
    path("companies/", coming, name="companies"),
    path("companies/new/", coming, name="company-new"),
    path("companies/<int:pk>/", coming, name="company"),
    path("contacts/<int:pk>/", coming, name="contact"),
    path("duplicates/", coming, name="duplicates"),
]
