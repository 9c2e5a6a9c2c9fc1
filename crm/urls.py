from django.urls import include, path

from staff import access
from staff.views import errors, health, home, search

# Signing in comes from a library, whose views cannot wear our decorators. Sign-up is closed by our adapter.
for name in [
    "account_login",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_login_code",
    "account_confirm_email",
    "account_email_verification_sent",
    "mfa_authenticate",
    "mfa_login_webauthn",
]:
    access.declare(name, access.Rule(public=True))
for name in [
    "account_logout",
    "account_change_password",
    "account_set_password",
    "account_email",
    "account_reauthenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "usersessions_list",
]:
    access.declare(name, access.Rule())

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    # An address is changed by an administrator, with an event; the library's page would change it past both.
    path("account/email/", errors.nowhere, name="account_email"),
    path("account/", include("allauth.urls")),
    path("staff/", include("staff.urls")),
    path("", include("accounts.urls")),
    path("", include("pipeline.urls")),
    path("", include("leads.urls")),
    path("", include("activities.urls")),
    path("", include("dashboards.urls")),
    path("", include("integrations.urls")),
]
