"""Registers the jobs application and, once Django is ready, the job types of every app."""

from importlib import import_module

from django.apps import AppConfig

from jobs.discovery import load_job_types


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Import the system checks, which register themselves, and the job types of every app."""
        import_module("jobs.checks")  # it needs models
        load_job_types()
