"""The peer's task."""

from celery import shared_task
from django.utils import timezone

from benchmarks.peers.handwritten.models import Work


@shared_task
def run(work_id: int) -> dict[str, int]:
    work = Work.objects.get(id=work_id)
    work.status = "PROCESSING"
    work.started_at = timezone.now()
    work.save()
    work.status = "COMPLETED"
    work.finished_at = timezone.now()
    work.save()
    return {"rows": 5}
