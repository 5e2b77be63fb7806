"""The Celery result backend: it reads the TaskResults that the lifecycle wrote, and writes none."""

from typing import Any

from django_celery_results.backends.database import DatabaseBackend


class JobResultBackend(DatabaseBackend):
    """Ignores every state that Celery stores.

    The lifecycle writes a job's TaskResult together with its status. Celery would add its own:
    RETRY for a task that a cold stop ends, FAILURE for a pool process that died.
    """

    def store_result(self, task_id: str, result: Any, state: str, **kwargs: Any) -> Any:
        """Store nothing."""
        return result
