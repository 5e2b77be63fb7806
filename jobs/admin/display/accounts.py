"""The addresses of accounts: of what they requested, and of the form with their rights."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.urls import reverse


def address_of_account(key: Any) -> str:
    """Return the address of the page with the jobs and tokens of the account with this key."""
    return reverse("admin:jobs_job_requester", args=[quote(key)])


def form_of_account(key: Any) -> str:
    """Return the address of the account's form; "" if the user model is not in the admin."""
    model = get_user_model()
    if not admin.site.is_registered(model):
        return ""
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(key)])
