from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"

    def ready(self) -> None:
        from activities import access as rules  # noqa: F401  (declares the rules of todos)
        from activities import carrying, wording
        from leads import conversion

        conversion.carry_with(carrying.carry_over)
        wording.register_all()
