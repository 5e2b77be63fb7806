"""Importing this module registers every page of the job console with the admin site."""

from jobs.admin import accounts, audit_entries, job, sign_ins, task_results, tokens

__all__ = ["accounts", "audit_entries", "job", "sign_ins", "task_results", "tokens"]

accounts.register_account_pages()
