"""Probes: is this process alive, can it serve; asked by machines, by address and without a login."""

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from backoffice.middleware import GetResponse


def livez(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all; restart it when it does not."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when PostgreSQL answers and has this version's tables, else 503: send requests elsewhere.

    Redis is not asked: without it everything can be read, only submitting fails.
    """
    try:
        ready = is_migrated()
    except Error:
        ready = False
    return JsonResponse({"status": "ok" if ready else "unavailable"}, status=200 if ready else 503)


def is_migrated() -> bool:
    """Whether the database has every migration. A yes is kept: after it, one SELECT a probe."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.alias in known_as_migrated:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    known_as_migrated.add(connection.alias)
    return True


known_as_migrated: set[str] = set()

PROBES = {"/livez": livez, "/readyz": readyz}


def answer_probes(get_response: GetResponse) -> GetResponse:
    """Answer probes before all else: they know no host name and speak no HTTPS."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return PROBES.get(request.path_info, get_response)(request)

    return middleware
