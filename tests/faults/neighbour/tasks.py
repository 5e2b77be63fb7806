"""The project's tasks: each notes that it ran."""

import time

from celery import shared_task
from django.db import connection


@shared_task(bind=True)
def mail(self, name, seconds=0.0):
    _note(self, name)
    time.sleep(seconds)
    return name


@shared_task(bind=True)
def urgent(self, name):
    _note(self, name)


def _note(task, name):
    with connection.cursor() as cursor:
        values = [name, task.request.id, task.request.hostname]
        cursor.execute("INSERT INTO neighbour_run VALUES (%s, %s, %s)", values)
