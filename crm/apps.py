from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        from crm import celery, checks  # noqa: F401  (registers the checks and the task queue)
        from crm.schedule import JOBS
        from crm.subscriptions import SUBSCRIPTIONS
        from staff import deliveries, scheduling

        deliveries.subscribe(SUBSCRIPTIONS)
        scheduling.register(JOBS)
