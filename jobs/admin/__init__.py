"""The admin as a job console. Importing it registers its pages, as Django's autodiscovery does."""

from jobs.admin import job

__all__ = ["job"]
