from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivitiesConfig(AppConfig):
    name = "activities"

    def ready(self) -> None:
        from accounts.merging.relations import Treatment, declare
        from activities import access as rules  # noqa: F401  (declares the rules of todos)
        from activities import carrying, todos, wording
        from leads import conversion
        from staff import nav, teams

        conversion.carry_with(carrying.carry_over)
        teams.on_team_change(todos.follow_owner)
        wording.register_all()
        declare(
            {
                "activities.Activity.company": Treatment.MOVE,
                "activities.Activity.contact": Treatment.MOVE,
                "activities.Activity.lead": Treatment.MOVE,
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
