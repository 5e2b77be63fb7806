"""Notices changes of the site's own Python files, for `manage.py up --reload`."""

import time
from pathlib import Path

from django.apps import apps

from backoffice.local.home import PROJECT

LOOK_EVERY_SECONDS = 1.0


class SourceFiles:
    """The Python files of the project and of apps that are not installed packages."""

    def __init__(self) -> None:
        paths = {Path(app.path) for app in apps.get_app_configs()} | {PROJECT / "backoffice"}
        self._folders = [path for path in paths if "site-packages" not in path.parts]
        self._looked_at = time.monotonic()
        self._seen = self._times()

    def changed(self) -> Path | None:
        """Return a file that was written, added or removed since the last look; None if none was.

        It looks once a second.
        """
        if time.monotonic() - self._looked_at < LOOK_EVERY_SECONDS:
            return None
        self._looked_at = time.monotonic()
        before, self._seen = self._seen, self._times()
        differing = before.items() ^ self._seen.items()
        return min((path for path, _ in differing), default=None)

    def _times(self) -> dict[Path, int]:
        files = (file for folder in self._folders for file in folder.rglob("*.py"))
        return {file: file.stat().st_mtime_ns for file in files if file.exists()}
