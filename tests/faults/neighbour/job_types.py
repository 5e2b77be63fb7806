"""A job type whose handler calls the project's tasks."""

import threading

from celery import current_app
from django import forms

from jobs.registry import job_type
from tests.faults.effects import note
from tests.faults.neighbour.tasks import mail, urgent


class CallerForm(forms.Form):
    """What the tasks are called."""

    called = forms.CharField()


@job_type(slug="caller", label="Caller", description="Calls tasks.", form=CallerForm)
def caller(job, called):
    note(job)
    mail.delay(f"{called} by the handler")
    urgent.delay(f"{called} urgently")
    thread = threading.Thread(target=mail.delay, args=[f"{called} by a thread"])
    thread.start()
    thread.join()
    return {"current app": current_app.main}
