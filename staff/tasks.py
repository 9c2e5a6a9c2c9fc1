"""What the workers run: ids in, one call each."""

from celery import shared_task
from django.utils import timezone

from staff import deliveries, scheduling


@shared_task(time_limit=120, soft_time_limit=110)
def deliver(delivery_id: int) -> None:
    deliveries.deliver(delivery_id)


@shared_task(time_limit=600)
def run_due() -> None:
    scheduling.run_due(scheduling.registered(), timezone.now())
