"""Job types that last, so that a process is stopped while they run."""

import time

from django import forms

from jobs.registry import job_type


class SleepForm(forms.Form):
    """How long a job takes."""

    seconds = forms.FloatField()


def _sleep(job, seconds):
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        job.progress(seconds - left, seconds)
        time.sleep(min(left, 0.1))
    with job.save_file("slept.txt", "text/plain") as file:
        file.write(b"slept")


@job_type(slug="sleep_once", label="Sleep once", description="At most once.", form=SleepForm)
def sleep_once(job, seconds):
    _sleep(job, seconds)


@job_type(
    slug="sleep_again",
    label="Sleep again",
    description="May be repeated.",
    form=SleepForm,
    max_attempts=2,
)
def sleep_again(job, seconds):
    _sleep(job, seconds)
