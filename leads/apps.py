from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from leads import access as rules  # noqa: F401  (declares the rules of leads)
        from leads import editing, finding, merging, wording
        from leads.models import Lead
        from staff import access, nav, teams

        wording.register_all()
        merging.register()
        teams.on_team_change(editing.follow_owner)
        access.register_visibility("lead", lambda user: Lead.objects.visible_to(user))
        finding.register()
        nav.register(
            nav.Item(
                "work",
                30,
                _("Leads"),
                "leads:leads",
                "lead",
                count=lambda user: Lead.objects.visible_to(user).waiting(),
                area="leads:",
            ),
            nav.Item("admin", 20, _("Rules of leads"), "leads:rules", "score", "administer"),
        )
