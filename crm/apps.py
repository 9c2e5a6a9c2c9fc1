from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        from crm import checks  # noqa: F401  (registers the checks)
        from crm.subscriptions import SUBSCRIPTIONS
        from staff import deliveries

        deliveries.subscribe(SUBSCRIPTIONS)
