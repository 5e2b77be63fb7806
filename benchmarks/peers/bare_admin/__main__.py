"""`python -m benchmarks.peers.bare_admin` makes the tables and prints the cookie of a session."""

import django
from django.core.management import call_command

django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402

rights = {"is_staff": True, "is_superuser": True}
client = Client()
client.force_login(User.objects.get_or_create(username="bare", defaults=rights)[0])
print(client.cookies["sessionid"].value)
