"""The fields of an account's page: those that the site's user model has."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model

from jobs.models import account_name_field, required_fields

# The site writes them: the field of the user model, and how the page of an account shows it.
DATES = {"last_login": "signed_in", "date_joined": "joined"}
RIGHTS = ("is_active", "is_staff", "groups", "is_superuser")
SINGLE_RIGHTS = "user_permissions"
SEARCHED = ("first_name", "last_name", "email")


def fieldsets(model: type[Model]) -> list[tuple[str | None, dict[str, Any]]]:
    """Return the fieldsets of the page; fields that only the site's model has are the person's."""
    name = account_name_field().name
    known = _known_fields()
    return [
        (None, {"fields": (name, "password")}),
        ("Person", {"fields": tuple(one for one in _form_fields(model) if one not in known)}),
        ("Rights", {"fields": present(model, RIGHTS)}),
        ("Single rights", {"classes": ("collapse",), "fields": (SINGLE_RIGHTS,)}),
        ("Dates", {"fields": dates(model)}),
    ]


def fields_of_site(model: type[Model]) -> tuple[str, ...]:
    """Return the fields that only the site's model has; its code may read rights from them."""
    email = getattr(get_user_model(), "EMAIL_FIELD", "email")
    known = {*_known_fields(), *SEARCHED, email}
    return tuple(one for one in _form_fields(model) if one not in known)


def required_of_site(model: type[Model]) -> list[str]:
    """Return the fields that only the site's model has and that a new account needs."""
    return [one for one in required_fields() if one in fields_of_site(model)]


def fields_of_new(model: type[Model]) -> tuple[str, ...]:
    """Return the fields of the form that adds an account."""
    return (
        account_name_field().name,
        *required_fields(),
        "usable_password",
        "password1",
        "password2",
    )


def columns(model: type[Model]) -> tuple[str, ...]:
    """Return the columns of the list."""
    name = ("full_name",) if hasattr(model, "get_full_name") else ()
    signed_in = ("signed_in",) if present(model, ("last_login",)) else ()
    active = present(model, ("is_active",))
    return (account_name_field().name, *name, "role", *signed_in, *active, "requests")


def dates(model: type[Model]) -> tuple[str, ...]:
    """Return the dates of the page, which are read-only."""
    return tuple(DATES[one] for one in present(model, DATES))


def present(model: type[Model], names: Any) -> tuple[str, ...]:
    """Return those of `names` that are fields of the model."""
    known = {field.name for field in (*model._meta.fields, *model._meta.many_to_many)}
    return tuple(one for one in names if one in known)


def _known_fields() -> set[str]:
    return {account_name_field().name, "password", *DATES, *RIGHTS, SINGLE_RIGHTS}


def _form_fields(model: type[Model]) -> list[str]:
    fields = (*model._meta.fields, *model._meta.many_to_many)
    return [one.name for one in fields if one.editable and not one.primary_key]
