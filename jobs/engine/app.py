"""Celery's app of the jobs: `celery --app=jobs.engine.app worker` starts their worker.

A project may have a Celery app of its own on the same Redis, with its own tasks, queues, workers
and settings. The two share nothing: not the keys in Redis, nor the settings, nor the current app.
"""

from typing import Any

from celery import Celery


class JobsApp(Celery):
    """An app that leaves `current_app`, and so every `shared_task`, to the project's own app.

    A project's environment may hold Celery's variables (CELERY_BROKER_URL, CELERY_RESULT_BACKEND),
    which Celery prefers to the settings of any app; here the settings count.
    """

    backend_cls = "jobs.engine.result_backend:JobResultBackend"

    def set_current(self) -> None:
        """Do nothing, at the making of the app and in its worker."""

    def set_default(self) -> None:
        """Do nothing: threads without a current app also use the project's."""

    def connection_for_read(self, url: str | None = None, **options: Any) -> Any:
        """Return a connection to our broker."""
        return super().connection_for_read(url or self.conf["broker_url"], **options)

    def connection_for_write(self, url: str | None = None, **options: Any) -> Any:
        """Return a connection to our broker."""
        return super().connection_for_write(url or self.conf["broker_url"], **options)


app = JobsApp("jobs")
# By its name: the settings of Django may be read only after this module was imported.
app.config_from_object("jobs.engine.celery_settings:SETTINGS")
app.autodiscover_tasks(["jobs.engine.worker"], related_name="startup")
