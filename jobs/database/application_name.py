"""The name of a process in pg_stat_activity, such as "backoffice worker pool".

PostgreSQL gets it with the request to connect, which takes no statement and which poolers pass on.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SITE_NAME = "backoffice"
LONGEST_NAME = 63  # PostgreSQL cuts the rest

_kind = ""


def name_process(kind: str) -> None:
    """Set the last words of the name of each connection that this process opens from now on."""
    global _kind
    _kind = kind


def application_name(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameter that gives a connection with these others its name.

    A name in the database's URL, or in PGAPPNAME, stands for the site: it takes the place of
    "backoffice". That of a libpq service is left alone.
    """
    site = params.get("application_name") or os.environ.get("PGAPPNAME")
    kind = _kind or _command()
    if not site:
        # libpq prefers an empty PGAPPNAME, as compose files pass it, to a fallback.
        key = "application_name" if "PGAPPNAME" in os.environ else "fallback_application_name"
        return {key: f"{SITE_NAME} {kind}".strip()[:LONGEST_NAME]}
    # PostgreSQL counts bytes, and writes others than ASCII as several.
    plain = str(site).encode("ascii", "replace").decode()
    return {"application_name": f"{plain[: LONGEST_NAME - len(kind) - 1]} {kind}".strip()}


def _command() -> str:
    """Return "manage" and the name of the management command that this process runs, or ""."""
    program, command = [*sys.argv, "", ""][:2]
    path = Path(program)
    is_django = path.name in ("manage.py", "django-admin") or path.parts[-2:] == (
        "django",
        "__main__.py",
    )
    return f"manage {command}" if is_django and command else ""
