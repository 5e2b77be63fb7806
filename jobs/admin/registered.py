"""Importing this registers every page of the job console with the admin site."""

from jobs.admin import accounts, audit, job, outcomes, tokens

__all__ = ["accounts", "audit", "job", "outcomes", "tokens"]
