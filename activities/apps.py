from django.apps import AppConfig
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ActivitiesConfig(AppConfig):
    name = "activities"

    def ready(self) -> None:
        from accounts import bin, touches
        from accounts.merging.relations import Treatment, declare
        from activities import access as rules  # noqa: F401  (declares the rules of todos)
        from activities import carrying, finding, many, todos, touching, wording
        from activities.models import ActivityKind, Todo
        from leads import conversion
        from pipeline import exit_criteria
        from staff import nav, teams

        finding.register()
        touches.register(touching.of_companies)
        conversion.carry_with(carrying.carry_over)
        teams.on_team_change(todos.follow_owner)
        many.register()
        exit_criteria.ACTIVITY_KINDS.update(ActivityKind.choices)
        wording.register_all()
        # Open to-dos of what is in the bin wait there; what was done stays counted.
        for kind in ("company", "deal", "lead"):
            bin.child(kind, Todo, f"{kind}_id", Q(done_at=None))
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
        nav.register(
            nav.Item(
                "admin",
                18,
                _("Automations"),
                "activities:automations",
                "bolt",
                "administer",
                area=("activities:automation", "activities:playbook"),
            )
        )
