"""The addresses of accounts: of what they requested, and of the form with their rights."""

from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model

from jobs.admin_site import admin_site, admin_url


def address_of_account(key: Any) -> str:
    """Return the address of the page with the jobs and tokens of the account with this key."""
    return admin_url("jobs_job_requester", quote(key))


def form_of_account(key: Any) -> str:
    """Return the address of the account's form; "" if the user model is not in the admin."""
    model = get_user_model()
    if not admin_site().is_registered(model):
        return ""
    meta = model._meta
    return admin_url(f"{meta.app_label}_{meta.model_name}_change", quote(key))
