from django.apps import AppConfig
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from accounts import bin, origins
        from leads import access as rules
        from leads import editing, finding, lead_triggers, merging, told, wording
        from leads.models import Lead
        from pipeline import rollups
        from pipeline.models import Figure
        from staff import access, nav, teams
        from staff.custom import records

        wording.register_all()
        merging.register()
        bin.register(bin.Kind("lead", Lead, rules.remove))
        bin.child("company", Lead, "company_id", Q(merged_into=None))
        bin.forbid("company", rules.open_leads_of)
        teams.on_team_change(editing.follow_owner)
        access.register_visibility("lead", lambda user: Lead.objects.visible_to(user))
        finding.register()
        origins.register(told.origins)
        records.register(
            records.Kind(
                "lead",
                Lead,
                "edit lead",
                lambda user: Lead.objects.kept(),
                2,
                list_name="leads:leads",
                has_first_form=True,
            )
        )
        figures = (Figure.LEADS, Figure.LEADS_BY_MONTH, Figure.CLOCKS)
        rollups.register(rollups.Source(figures, lead_triggers.ROWS))
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
