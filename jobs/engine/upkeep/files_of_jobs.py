"""The files and uploads of jobs that are pruned: how many, of how many bytes, and jobs without."""

from collections import Counter

from django.db.models import Count, Exists, OuterRef, Sum

from jobs.database import WORKER_DB
from jobs.models import JobFile, JobQuerySet, JobUpload, Upload


def count_batch(jobs: JobQuerySet) -> tuple[Counter[str], int, int]:
    """Return the number of jobs of each status, and the number and bytes of their files.

    Their uploads count as well, unless other jobs have them too.
    """
    unordered = jobs.order_by()
    by_status = Counter(dict(unordered.values_list("status").annotate(Count("id"))))
    files = JobFile.objects.using(WORKER_DB).filter(job__in=unordered)
    links = JobUpload.objects.using(WORKER_DB)
    others = links.filter(upload=OuterRef("id")).exclude(job__in=unordered)
    uploads = Upload.objects.using(WORKER_DB).filter(
        ~Exists(others), id__in=links.filter(job__in=unordered).values("upload")
    )
    totals = {"count": Count("id"), "bytes": Sum("size", default=0)}
    found = [one.aggregate(**totals) for one in (files, uploads)]
    return by_status, sum(one["count"] for one in found), sum(int(one["bytes"]) for one in found)


def without_files(jobs: JobQuerySet) -> JobQuerySet:
    """Return the jobs that have neither files nor uploads."""
    of_job = {"job": OuterRef("id")}
    has_none = ~Exists(JobFile.objects.filter(**of_job))
    return jobs.filter(has_none, ~Exists(JobUpload.objects.filter(**of_job)))
