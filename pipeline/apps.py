from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PipelineConfig(AppConfig):
    name = "pipeline"

    def ready(self) -> None:
        from pipeline import finding, wording

        wording.register_all()
        finding.register()
        _have_own_fields()
        _know_deals()
        _fill_the_menu()


def _know_deals() -> None:
    """What the lower apps must know of deals: who sees them, how they are binned, merged and follow their owner."""
    from accounts import bin
    from accounts.merging.relations import Treatment, declare
    from pipeline import access as rules
    from pipeline import deals
    from pipeline.models import Deal
    from staff import access, teams

    bin.register(bin.Kind("deal", Deal, rules.remove))
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


def _have_own_fields() -> None:
    from pipeline import exit_criteria
    from pipeline.models import Deal, Stage
    from staff.custom import records

    def stages() -> list[tuple[int, str]]:
        rows = Stage.objects.filter(pipeline__is_default=True, kind=Stage.Kind.OPEN)
        return [(stage.pk, str(stage)) for stage in rows.order_by("position")]

    records.provide_stages(stages)
    # Company and name are required, the person, the amount and the expected close asked.
    records.register(
        records.Kind(
            "deal",
            Deal,
            "edit deal",
            lambda user: Deal.objects.all(),
            2,
            exit_criteria.refresh,
            exit_criteria.refresh_many,
            has_first_form=True,
        )
    )


_DEALS = ("pipeline:board", "pipeline:list", "pipeline:deal", "pipeline:filters")
_METHOD = (
    "pipeline:stage", "pipeline:criterion", "pipeline:criterion-new", "pipeline:method-versions", "pipeline:version-new",
    "pipeline:pipeline-new", "pipeline:pipeline-teams",
)  # fmt: skip


def _fill_the_menu() -> None:
    from pipeline.models import Deal
    from staff import nav

    nav.register(
        nav.Item(
            "work", 20, _("Deals"), "pipeline:board", "board",
            count=lambda user: Deal.objects.visible_to(user).open(), area=_DEALS,
        ),
        nav.Item("review", 40, _("Coverage"), "pipeline:coverage", "grid", area="pipeline:waivers"),
        nav.Item("review", 50, _("Won and lost"), "pipeline:outcomes", "versus"),
        nav.Item("admin", 16, _("Reasons of won and lost"), "pipeline:reasons", "list", "administer", area="pipeline:reason"),
        nav.Item("admin", 10, _("Stages and exit criteria"), "pipeline:stages", "stages", "administer", area=_METHOD),
        nav.Item(
            "admin", 15, _("Rules of stalls"), "pipeline:stall-rules", "stall", "administer",
            area="pipeline:stall-rules",
        ),
    )  # fmt: skip
