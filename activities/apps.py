from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "activities"

    def ready(self) -> None:
        import activities.access  # noqa: F401 - declares its rules
        from activities import carrying
        from leads import conversion

        conversion.carry_with(carrying.carry_over)
