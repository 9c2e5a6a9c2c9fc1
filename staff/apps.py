from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"

    def ready(self) -> None:
        from staff import nav, notices, staff_wording
        from staff import working_time as rules  # noqa: F401  (declares who may enter absences)

        nav.section("work", "")
        nav.section("review", _("Review"))
        nav.section("data", _("Data"))
        nav.section("admin", _("Administration"))
        nav.register(
            nav.Item("work", 90, _("Notices"), "staff:notices", "bell", count=notices.unread),
            nav.Item(
                "admin", 40, _("Working time"), "staff:calendar", "cal", "administer", area="staff:calendar"
            ),
            nav.Item(
                "admin",
                30,
                _("Own fields"),
                "staff:custom-fields",
                "list",
                "administer",
                area="staff:custom-field",
            ),
            nav.Item("admin", 80, _("People and teams"), "staff:people", "users", "administer"),
            nav.Item("admin", 90, _("Audit log"), "staff:log", "shield", "read the log"),
        )
        staff_wording.register_all()
