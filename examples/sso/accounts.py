"""Accounts of people whom the provider signs in: their groups there decide what they may do here.

allauth finds the account by issuer and `sub`, and never by a name or an e-mail address, which
people may change at the provider.
"""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from backoffice.errors import error_response

logger = logging.getLogger(__name__)

NO_ROLE = "Your account has no role in Backoffice. Ask for one where your groups are managed."
INACTIVE = "Your account is deactivated in Backoffice."
CANCELLED = "You cancelled the sign-in."
FAILED = "The sign-in failed. Try again; if it fails again, tell an administrator."


class StaffAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Gives accounts the roles of the provider's groups at each sign-in."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse people without a role with a 403; an account that had one loses it."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            return  # an account that is signed in is linked; the next sign-in gives it its roles
        user, groups = sociallogin.user, groups_of(sociallogin)
        if not user.is_active:
            raise refused(request, INACTIVE)
        user.is_superuser = settings.ADMINISTRATORS in groups
        user.is_staff = user.is_superuser or not groups.isdisjoint(settings.ROLES)
        if sociallogin.is_existing:
            save_roles(user, groups)
        if not user.is_staff:
            raise refused(request, NO_ROLE)

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        """Store a new account, with its roles."""
        with transaction.atomic():
            user = super().save_user(request, sociallogin, form)
            save_roles(user, groups_of(sociallogin))
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Answer 403 where the provider, or the check of what it sent, refuses."""
        logger.warning("sign-in by %s failed: %s %s", provider, error, exception or "")
        raise refused(request, CANCELLED if error == AuthError.CANCELLED else FAILED)

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("admin:index")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # as above
    """Without a greeting after each sign-in."""

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Show the outcome of linking an account, and nothing else."""
        template = kwargs.get("message_template") or (args[0] if args else "")
        if "logged_in" not in str(template):
            super().add_message(request, level, *args, **kwargs)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return refusal(request, INACTIVE)


def groups_of(sociallogin: Any) -> set[str]:
    """Return the person's groups at the provider, from the claims that it has just sent."""
    sent = sociallogin.account.extra_data
    found: set[str] = set()
    for claims in (sent.get("userinfo"), sent.get("id_token")):
        groups = (claims or {}).get(settings.GROUPS_CLAIM) or []
        found.update([groups] if isinstance(groups, str) else map(str, groups))
    return found


def save_roles(user: Any, groups: set[str]) -> None:
    """Store the roles of these groups; groups of permissions that are no role stay as they are."""
    roles = {role for group, role in settings.ROLES.items() if group in groups}
    user.save(update_fields=["is_staff", "is_superuser"])
    user.groups.remove(*Group.objects.filter(name__in=set(settings.ROLES.values()) - roles))
    user.groups.add(*Group.objects.filter(name__in=roles))
    named = ["administrator"] * user.is_superuser + sorted(roles)
    logger.info("%s signs in by the provider with the roles: %s", user, ", ".join(named) or "none")


def refusal(request: HttpRequest, detail: str) -> HttpResponse:
    """Return our page of a 403."""
    return error_response(request, 403, "permission_denied", detail)


def refused(request: HttpRequest, detail: str) -> ImmediateHttpResponse:
    """Return the exception that ends the sign-in with this page."""
    return ImmediateHttpResponse(refusal(request, detail))
