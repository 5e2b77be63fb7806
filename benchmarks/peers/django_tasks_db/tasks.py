"""The peer's task."""

from django_tasks import task


@task()
def nothing() -> dict[str, int]:
    return {"rows": 5}
