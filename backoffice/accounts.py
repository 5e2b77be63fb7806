"""Sign-in: loads accounts with their permissions in one query, and remembers known browsers."""

from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission, User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse

KNOWN_BROWSER = "known_browser"
KNOWN_FOR = timedelta(days=365)
OF_KNOWN_BROWSER = " (known browser)"  # suffix of the name that its wrong passwords count for


class AccountBackend(ModelBackend):
    """ModelBackend that reads a session's user and permissions in one query."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the session's user, with permissions loaded; None unless active."""
        permissions = Permission.objects.filter(
            Q(user=OuterRef("pk")) | Q(group__user=OuterRef("pk"))
        )
        names = permissions.annotate(
            name_in_full=Concat("content_type__app_label", Value("."), "codename")
        )
        users = User.objects.annotate(permitted=ArraySubquery(names.values("name_in_full")))
        user: Any = users.filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            # Where ModelBackend.get_all_permissions keeps what it read.
            user._perm_cache = set(user.permitted)
        return cast("User", user)


def remember_browser(response: HttpResponse, username: str) -> None:
    """Mark the browser as one in which `username` signed in. The cookie alone grants nothing."""
    response.set_signed_cookie(
        KNOWN_BROWSER,
        "1",
        salt=username,
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def counted_name(request: HttpRequest, credentials: dict[str, str] | None) -> str:
    """Return the name under which django-axes counts wrong passwords.

    Browsers in which the account signed in before are counted separately. Clients may share an
    address (an office, or a proxy that does not pass addresses on), and without this one of them
    could lock out the account's owner.
    """
    name = (credentials or request.POST).get("username") or ""
    known = request.get_signed_cookie(KNOWN_BROWSER, None, salt=name, max_age=KNOWN_FOR)
    # The suffix is cut from what was typed; otherwise anyone could lock out a known browser.
    return f"{name}{OF_KNOWN_BROWSER}" if known else name.partition(OF_KNOWN_BROWSER)[0]
