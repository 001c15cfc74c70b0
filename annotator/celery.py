"""The Celery application. Queues: `default` for jobs, `gpu` for training, `housekeeping` for what must never wait."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
app = Celery("marginalia")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
