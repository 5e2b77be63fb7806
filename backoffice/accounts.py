"""Sign-in: loads accounts with their permissions in one query, and remembers known browsers."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import BooleanField, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse

from jobs.database import instance_of_row

SOME_ID = object()  # in the values of the query, for the account's id
KNOWN_BROWSER = "known_browser"
KNOWN_FOR = timedelta(days=365)
OF_KNOWN_BROWSER = " (known browser)"  # suffix of the name that its wrong passwords count for
COUNTED_LIMIT = 255  # the column of django-axes


class AccountBackend(ModelBackend):
    """ModelBackend that reads a session's user and permissions in one query."""

    def get_user(self, user_id: Any) -> Any:
        """Return the session's user, with permissions loaded; None unless active."""
        sql, values = _account_sql()
        key = get_user_model()._meta.pk.get_db_prep_value(user_id, connection)
        with connection.cursor() as cursor:
            cursor.execute(sql, [key if one is SOME_ID else one for one in values])
            row = cursor.fetchone()
        if row is None:
            return None
        *columns, permitted = row
        user = instance_of_row(get_user_model(), columns)
        if not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            # Where ModelBackend.get_all_permissions keeps what it read.
            user._perm_cache = set(permitted)
        return user


@cache
def _account_sql() -> tuple[str, Sequence[Any]]:
    """The query of an account with its permissions, and its values.

    Composed once: it took a third of the CPU of the smallest request.
    """
    meta: Any = get_user_model()._meta
    own = meta.get_field("user_permissions").related_query_name()
    of_group = f"group__{meta.get_field('groups').related_query_name()}"
    account = OuterRef("pk")
    permissions = Permission.objects.filter(Q((own, account)) | Q((of_group, account)))
    names = permissions.annotate(
        name_in_full=Concat("content_type__app_label", Value("."), "codename")
    )
    permitted = ArraySubquery(names.values("name_in_full"))
    users = get_user_model()._base_manager.annotate(permitted=permitted)
    key = ".".join(map(connection.ops.quote_name, (meta.db_table, meta.pk.column)))
    is_account = RawSQL(f"{key} = %s", [SOME_ID], output_field=BooleanField())
    return users.filter(is_account).query.sql_with_params()


def remember_browser(response: HttpResponse, username: str) -> None:
    """Mark the browser as one in which `username` signed in. The cookie alone grants nothing."""
    response.set_signed_cookie(
        KNOWN_BROWSER,
        "1",
        salt=username,
        max_age=KNOWN_FOR,
        path=settings.SESSION_COOKIE_PATH,
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
    if known:
        return f"{name[: COUNTED_LIMIT - len(OF_KNOWN_BROWSER)]}{OF_KNOWN_BROWSER}"
    return name.partition(OF_KNOWN_BROWSER)[0]
