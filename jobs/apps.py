"""Registers the jobs application and, once Django is ready, the job types of every app."""

from django.apps import AppConfig

from jobs import checks as checks  # importing registers them
from jobs.discovery import load_job_types


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Import the built-in job types and those of the other apps."""
        load_job_types()
