"""The site's user model (AUTH_USER_MODEL), whose name field, key and columns the site chooses."""

from typing import Any

from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from jobs.safe_text import storable

# The columns that keep the name of an account cut it here.
ACCOUNT_NAME_LIMIT = 150


def account_name_field() -> Any:
    """Return the field with which users sign in, such as `username` or `email`."""
    user_model: Any = get_user_model()
    return user_model._meta.get_field(user_model.USERNAME_FIELD)


def has_user_field(name: str) -> bool:
    """Return whether the user model has a field of this name."""
    return any(field.name == name for field in get_user_model()._meta.get_fields())


def account_name(user: Any) -> str:
    """Return the name with which the user signs in, as text."""
    return str(user.get_username())


def kept_name(name: str) -> str:
    """Return the name of an account as the columns of jobs and their records keep it."""
    return storable(name, ACCOUNT_NAME_LIMIT)


def accounts_named(name: str) -> QuerySet[Any]:
    """Return the account of this name; an empty query if no account can have it."""
    user_model: Any = get_user_model()
    try:
        value = account_name_field().to_python(user_model.normalize_username(name))
    except ValidationError:
        return user_model._default_manager.none()
    return user_model._default_manager.filter(**{user_model.USERNAME_FIELD: value})


def active_accounts(accounts: QuerySet[Any]) -> QuerySet[Any]:
    """Return those of `accounts` that are active: all if the model has no such field."""
    return accounts.filter(is_active=True) if has_user_field("is_active") else accounts


def account_key(text: str) -> Any:
    """Return the primary key of an account that `text` spells; None if it is no key."""
    try:
        return get_user_model()._meta.pk.to_python(text.replace("\0", "\ufffd"))
    except ValidationError:
        return None


def account_permission(action: str) -> str:
    """Return the permission for an action on accounts, such as "auth.view_user"."""
    meta = get_user_model()._meta
    return f"{meta.app_label}.{get_permission_codename(action, meta)}"


def required_fields() -> list[str]:
    """Return the fields besides name and password without which an account cannot be stored."""
    fields = get_user_model()._meta.concrete_fields
    return [
        field.name
        for field in fields
        if field.editable
        and not (field.primary_key or field.blank or field.has_default() or field.has_db_default())
        and field.name not in (account_name_field().name, "password")
    ]
