"""The usual project of Django, Celery and django-celery-results, written by the tutorials."""

import os

from celery import Celery

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.handwritten.settings"
app = Celery("handwritten")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["benchmarks.peers.handwritten"])
