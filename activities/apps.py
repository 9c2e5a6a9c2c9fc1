from django.apps import AppConfig
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ActivitiesConfig(AppConfig):
    name = "activities"

    def ready(self) -> None:
        from activities import access as rules  # noqa: F401  (declares the rules of todos)
        from activities import finding, many, wording
        from activities.texts import comparing

        finding.register()
        many.register()
        comparing.register()
        wording.register_all()
        _tell_the_lower_apps()
        _take_part_in_merges()
        _fill_the_menu()


def _tell_the_lower_apps() -> None:
    """What they must know of activities: contacts, kinds, what goes along with a lead, an owner, or into the bin."""
    from accounts import bin, touches
    from activities import carrying, todos, touching
    from activities.models import ActivityKind, Todo
    from leads import conversion
    from pipeline import exit_criteria
    from staff import teams

    touches.register(touching.of_companies)
    conversion.carry_with(carrying.carry_over)
    teams.on_team_change(todos.follow_owner)
    exit_criteria.ACTIVITY_KINDS.update(ActivityKind.choices)
    # Open to-dos of what is in the bin wait there; what was done stays counted.
    for kind in ("company", "deal", "lead"):
        bin.child(kind, Todo, f"{kind}_id", Q(done_at=None))


def _take_part_in_merges() -> None:
    from accounts.merging.relations import Treatment, declare

    declare(
        {
            "activities.Activity.company": Treatment.MOVE,
            "activities.Activity.contact": Treatment.MOVE,
            "activities.Activity.lead": Treatment.MOVE,
            # What an automation did is history of the lead it was done for: it does not do it again for the other.
            "activities.AutomationRun.lead": Treatment.MOVE_OR_DROP,
            "activities.HandedCompany.company": Treatment.MOVE_OR_DROP,
            "activities.Todo.company": Treatment.MOVE,
            "activities.Todo.lead": Treatment.MOVE,
        }
    )


def _fill_the_menu() -> None:
    from staff import nav

    automations = ("activities:automation", "activities:playbook")
    nav.register(
        nav.Item(
            "admin", 18, _("Automations"), "activities:automations", "bolt", "administer", area=automations
        ),
        # Whoever writes with them comes to them from the composer.
        nav.Item(
            "admin", 19, _("Templates"), "activities:texts", "doc", "administer", area="activities:text"
        ),
    )
