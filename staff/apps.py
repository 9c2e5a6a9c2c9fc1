from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"

    def ready(self) -> None:
        from staff import nav

        nav.section("work", "")
        nav.section("review", _("Review"))
        nav.section("data", _("Data"))
        nav.section("admin", _("Administration"))
