from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PipelineConfig(AppConfig):
    name = "pipeline"

    def ready(self) -> None:
        from accounts import bin
        from accounts.merging.relations import Treatment, declare
        from pipeline import access as rules
        from pipeline import deals, finding, wording
        from pipeline.models import Deal
        from staff import access, nav, teams

        wording.register_all()
        bin.register(bin.Kind("deal", _("deal"), Deal, rules.remove))
        bin.child("company", Deal, "company_id")
        bin.forbid("company", rules.open_deals_of)
        declare(
            {
                "pipeline.Deal.company": Treatment.MOVE_ASKED,
                "pipeline.Deal.contact": Treatment.MOVE,
                "pipeline.Deal.division": Treatment.MOVE,
                "pipeline.Deal.site": Treatment.MOVE,
            }
        )
        teams.on_team_change(deals.follow_owner)
        access.register_visibility("deal", Deal.objects.visible_to)
        finding.register()
        nav.register(
            nav.Item(
                "work",
                20,
                _("Deals"),
                "pipeline:board",
                "board",
                count=lambda user: Deal.objects.visible_to(user).open(),
                area=("pipeline:board", "pipeline:list", "pipeline:deal", "pipeline:filters"),
            ),
            nav.Item(
                "admin",
                10,
                _("Stages and exit criteria"),
                "pipeline:stages",
                "stages",
                "administer",
                area=(
                    "pipeline:stage",
                    "pipeline:criterion",
                    "pipeline:criterion-new",
                    "pipeline:method-versions",
                    "pipeline:version-new",
                    "pipeline:pipeline-new",
                    "pipeline:pipeline-teams",
                ),
            ),
            nav.Item(
                "admin",
                15,
                _("Rules of stalls"),
                "pipeline:stall-rules",
                "stall",
                "administer",
                area="pipeline:stall-rules",
            ),
        )
