"""Sign-in: loads accounts with their permissions in one query, and remembers known browsers."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission, User
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import BooleanField, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse

SOME_ID = object()  # in the values of the query, for the account's id
KNOWN_BROWSER = "known_browser"
KNOWN_FOR = timedelta(days=365)
OF_KNOWN_BROWSER = " (known browser)"  # suffix of the name that its wrong passwords count for


class AccountBackend(ModelBackend):
    """ModelBackend that reads a session's user and permissions in one query."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the session's user, with permissions loaded; None unless active."""
        sql, values, names = _account_sql()
        with connection.cursor() as cursor:
            cursor.execute(sql, [user_id if one is SOME_ID else one for one in values])
            row = cursor.fetchone()
        if row is None:
            return None
        *columns, permitted = row
        user: Any = User.from_db(connection.alias, names, columns)
        if not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            # Where ModelBackend.get_all_permissions keeps what it read.
            user._perm_cache = set(permitted)
        return cast("User", user)


@cache
def _account_sql() -> tuple[str, Sequence[Any], list[str]]:
    """The query of an account with its permissions, its values, and the columns of the account.

    Composed once: it took a third of the CPU of the smallest request.
    """
    permissions = Permission.objects.filter(Q(user=OuterRef("pk")) | Q(group__user=OuterRef("pk")))
    names = permissions.annotate(
        name_in_full=Concat("content_type__app_label", Value("."), "codename")
    )
    users = User.objects.annotate(permitted=ArraySubquery(names.values("name_in_full")))
    is_account = RawSQL('"auth_user"."id" = %s', [SOME_ID], output_field=BooleanField())
    sql, values = users.filter(is_account).query.sql_with_params()
    return sql, values, [field.attname for field in User._meta.concrete_fields]


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
