from django.apps import AppConfig
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DashboardsConfig(AppConfig):
    name = "dashboards"

    def ready(self) -> None:
        from dashboards import access as rules  # noqa: F401 - declares who may do what
        from dashboards import wording
        from dashboards.figures.today import due_this_week
        from pipeline.models import Deal
        from staff import nav

        wording.register_all()

        def stalled(user):
            return Deal.objects.visible_to(user).stalled(timezone.localdate())

        nav.register(
            nav.Item(
                "work",
                10,
                _("Today"),
                "dashboards:today",
                "home",
                count=lambda user: due_this_week(user, timezone.localdate()),
            ),
            nav.Item(
                "review",
                10,
                _("Team"),
                "dashboards:team",
                "users",
                "lead a team",
                count=stalled,
                hot=True,
            ),
            nav.Item(
                "review", 20, _("Sales meeting"), "dashboards:meetings", "meeting", area="dashboards:meeting"
            ),
            nav.Item("review", 30, _("Business"), "dashboards:business", "chart", "see the business"),
            nav.Item("review", 40, _("Targets"), "dashboards:targets", "flag", "lead a team"),
        )
