"""Which accounts and groups a user may manage: those whose rights the user all has."""

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet


def permissions_of(user: Any) -> QuerySet[Permission]:
    """All permissions of an account and its groups, even if inactive; every one for a superuser."""
    if user.is_superuser:
        return Permission.objects.all()
    own = Permission.objects.filter(Q(user=user) | Q(group__user=user)).values("pk")
    return Permission.objects.filter(pk__in=own)


def _lacked_by(user: Any) -> QuerySet[Permission]:
    return Permission.objects.exclude(pk__in=permissions_of(user).values("pk"))


def grantable_groups(user: Any) -> QuerySet[Group]:
    """The groups whose permissions `user` all has."""
    return Group.objects.exclude(permissions__in=_lacked_by(user))


def manageable_accounts(user: Any) -> QuerySet[User]:
    """The accounts of which `user` has every right: taking one over gains nothing."""
    if user.is_superuser:
        return User.objects.all()
    lacked = _lacked_by(user)
    return User.objects.filter(is_superuser=False).exclude(
        Q(user_permissions__in=lacked) | Q(groups__permissions__in=lacked)
    )


def may_manage_account(user: Any, account: User) -> bool:
    """Whether the account is among `manageable_accounts`."""
    return manageable_accounts(user).filter(pk=account.pk).exists()


def may_manage_group(user: Any, group: Group) -> bool:
    """Whether `user` has every permission of the group and is not a member."""
    if user.is_superuser:
        return True
    return grantable_groups(user).filter(pk=group.pk).exclude(user=user).exists()


def may_make_tokens_of_others(user: Any) -> bool:
    """Whether `user` may make API tokens of `manageable_accounts`."""
    return bool(user.has_perm("jobs.add_apitoken") and user.has_perm("auth.change_user"))


def may_make_service_accounts(user: Any) -> bool:
    """Whether `user` may make accounts without a password, together with their API token."""
    return may_make_tokens_of_others(user) and bool(user.has_perm("auth.add_user"))
