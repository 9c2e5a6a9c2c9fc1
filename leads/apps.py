from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        import leads.access  # noqa: F401 - declares its rules
        from leads.models import Lead
        from staff import access, nav, search

        access.register_visibility("lead", lambda user: Lead.objects.visible_to(user))
        search.register(
            search.Source(
                "lead", _("Leads"), "lead", lambda user: Lead.objects.visible_to(user).kept(), order=30
            )
        )
        nav.register(
            nav.Item(
                "work",
                30,
                _("Leads"),
                "leads:leads",
                "lead",
                count=lambda user: Lead.objects.visible_to(user).waiting(),
                area="leads:",
            )
        )
