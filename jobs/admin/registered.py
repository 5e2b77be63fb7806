"""Importing this registers every page of the job console with the admin site."""

from jobs.admin import accounts, job, outcomes, tokens

__all__ = ["accounts", "job", "outcomes", "tokens"]
