"""The worker and the scheduler. Nothing that matters lives in the broker: rows say what is due."""

import os

from celery import Celery
from celery.signals import worker_process_init

from crm.lib import leash

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

from django.conf import settings  # noqa: E402

MAIN = os.getpid()  # those who do the work are forked from here

app = Celery("enishi", broker=settings.REDIS_URL)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=600,
    task_soft_time_limit=570,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 900,
        "global_keyprefix": settings.BROKER_PREFIX,
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        "unacked_restore_throttle": 1,
        "unacked_restore_interval": 5,
    },
    task_publish_retry=False,
    timezone="Asia/Tokyo",
    worker_hijack_root_logger=False,
    beat_schedule={
        "run what is due": {"task": "staff.tasks.run_due", "schedule": 20.0, "options": {"expires": 60}}
    },
)
app.autodiscover_tasks(["staff", "integrations"])


@worker_process_init.connect
def end_with_the_main_process(**_: object) -> None:
    """Celery's own would wait for ever for one that was killed, with their connections open."""
    leash.end_with(MAIN)
