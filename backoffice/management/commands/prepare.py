"""`manage.py prepare`: prepares the database, static files and login for `manage.py up`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.utils import timezone

from backoffice.local.home import password, write_private
from jobs.models import ApiToken, accounts_named, digest_of_token, required_fields


class Command(BaseCommand):
    help = "Migrate, collect static files, and make a staff login and an API token for local use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="name of the staff login")
        help = "where staff.password and token are written"
        parser.add_argument("directory", type=Path, help=help)

    def handle(self, *args: Any, user: str, directory: Path, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        staff = ensure_staff(user, password(directory / "staff.password"))
        ensure_token(staff, directory / "token")


def ensure_staff(name: str, password: str) -> Any:
    """Return a superuser of that name who can sign in with `password`."""
    staff = accounts_named(name).first() or _new_superuser(name)
    if not staff.check_password(password):
        staff.set_password(password)
        staff.save()
    return staff


def _new_superuser(name: str) -> Any:
    """Return a new superuser, as the site's own manager makes it; `createsuperuser` makes others.

    Raises: CommandError if the user model needs more than a name and a password.
    """
    user_model: Any = get_user_model()
    if missing := required_fields():
        raise CommandError(
            f"No account is called {name}, and {user_model._meta.label} needs"
            f" {', '.join(missing)} as well. Make it with manage.py createsuperuser."
        )
    given = dict.fromkeys(user_model.REQUIRED_FIELDS, "") | {user_model.USERNAME_FIELD: name}
    return user_model._default_manager.create_superuser(**given)


def ensure_token(user: Any, file: Path) -> None:
    """Write a new token of `user` to `file` unless it holds one valid for another day."""
    tomorrow = timezone.now() + timedelta(days=1)
    known = file.exists() and digest_of_token(file.read_text())
    if not ApiToken.objects.filter(digest=known, user=user, expiry__gt=tomorrow).exists():
        ApiToken.objects.filter(user=user, name="local").delete()
        _, token = ApiToken.objects.create(user=user, name="local", expiry=timedelta(days=365))
        write_private(file, token)
