"""Importing this registers every page of the job console with the admin site."""

from jobs.admin import job, outcomes, tokens

__all__ = ["job", "outcomes", "tokens"]
