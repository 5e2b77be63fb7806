"""Importing this registers every page of the job console with the admin site."""

from jobs.admin import job

__all__ = ["job"]
