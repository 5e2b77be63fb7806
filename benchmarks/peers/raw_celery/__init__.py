"""Celery alone: no database, no result, nothing is tracked. The floor for every tracked job."""

import os

from celery import Celery

app = Celery("raw_celery", broker=os.environ["PEER_REDIS_URL"])
app.conf.task_ignore_result = True


@app.task(name="nothing")
def nothing() -> dict[str, int]:
    return {"rows": 5}
