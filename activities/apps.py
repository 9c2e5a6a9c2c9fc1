from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"

    def ready(self) -> None:
        from accounts import touches
        from accounts.merging.relations import Treatment, declare
        from activities import access as rules  # noqa: F401  (declares the rules of todos)
        from activities import carrying, finding, todos, touching, wording
        from leads import conversion
        from staff import teams

        finding.register()
        touches.register(touching.of_companies)
        conversion.carry_with(carrying.carry_over)
        teams.on_team_change(todos.follow_owner)
        wording.register_all()
        declare(
            {
                "activities.Activity.company": Treatment.MOVE,
                "activities.Activity.contact": Treatment.MOVE,
                "activities.Activity.lead": Treatment.MOVE,
                "activities.HandedCompany.company": Treatment.MOVE_OR_DROP,
                "activities.Todo.company": Treatment.MOVE,
                "activities.Todo.lead": Treatment.MOVE,
            }
        )
