"""Which accounts and groups a user may manage: those whose rights the user all has."""

from contextlib import suppress
from copy import copy
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Model, Q, QuerySet

from jobs.admin.account_fields import required_of_site
from jobs.models import account_permission, required_fields


def permissions_of(user: Any) -> QuerySet[Permission]:
    """All permissions of an account and its groups, even if inactive; every one for a superuser."""
    if user.is_superuser:
        return Permission.objects.all()
    of_groups = Group.objects.filter(pk__in=user.groups.values("pk")).values("permissions")
    return Permission.objects.filter(
        Q(pk__in=user.user_permissions.values("pk")) | Q(pk__in=of_groups)
    )


def _lacked_by(user: Any) -> QuerySet[Permission]:
    return Permission.objects.exclude(pk__in=permissions_of(user).values("pk"))


def grantable_groups(user: Any) -> QuerySet[Group]:
    """The groups whose permissions `user` all has."""
    return Group.objects.exclude(permissions__in=_lacked_by(user))


def manageable_accounts(user: Any) -> QuerySet[Any]:
    """The accounts of which `user` has every right: taking one over gains nothing."""
    if user.is_superuser:
        return get_user_model()._default_manager.all()
    lacked = _lacked_by(user)
    return (
        get_user_model()
        ._default_manager.filter(is_superuser=False)
        .exclude(Q(user_permissions__in=lacked) | Q(groups__permissions__in=lacked))
    )


def may_manage_account(user: Any, account: Any) -> bool:
    """Whether `user` has every right of the account.

    It is among `manageable_accounts`, and neither the site's user model nor a backend gives it a
    right that `user` lacks.
    """
    if not manageable_accounts(user).filter(pk=account.pk).exists():
        return False
    return bool(user.is_superuser) or not _has_more_rights(account, user)


def _has_more_rights(account: Any, user: Any) -> bool:
    """Whether `has_perm` gives the account, if it is active, a right that it refuses to `user`."""
    account = copy(account)
    with suppress(AttributeError):  # a property of the site's model
        account.is_active = True  # an inactive account has no rights until it is active again
    labels = Permission.objects.values_list("content_type__app_label", "codename")
    names = (f"{app}.{codename}" for app, codename in labels.order_by("pk"))
    return any(account.has_perm(name) and not user.has_perm(name) for name in names)


def refusal_to_add(user: Any, model: type[Model]) -> str:
    """Why only superusers can add accounts: they need fields of the site; "" if they do not."""
    needed = [] if user.is_superuser else required_of_site(model)
    what = ", ".join(needed)
    return f"Only a superuser can add accounts here, because they need {what}." if needed else ""


def may_manage_group(user: Any, group: Group) -> bool:
    """Whether `user` has every permission of the group and is not a member."""
    if user.is_superuser:
        return True
    others = grantable_groups(user).exclude(pk__in=user.groups.values("pk"))
    return others.filter(pk=group.pk).exists()


def may_make_tokens_of_others(user: Any) -> bool:
    """Whether `user` may make API tokens of `manageable_accounts`."""
    return bool(user.has_perm("jobs.add_apitoken") and user.has_perm(account_permission("change")))


def may_make_service_accounts(user: Any) -> bool:
    """Whether `user` may make accounts without a password, together with their API token.

    The form of a token asks for nothing but the account's name.
    """
    may_add = may_make_tokens_of_others(user) and user.has_perm(account_permission("add"))
    return bool(may_add) and not required_fields()
