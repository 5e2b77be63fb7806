"""The indexes by which jobs are found, each with the queries that it serves.

An index on every job costs a job three writes, because submission, claim and outcome each make a
new version of its row. One that is partial by a status costs one. The primary key serves ranges of
creation times (`jobs/models/ids.py`). Lists merge the first jobs of each status, and of each value
of the columns before the id (`jobs/filters/scans.py`).
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from jobs.models.status import NOT_RUNNING, SETTLED, Status
from jobs.models.words import words_of_jobs

INDEXES = [
    # Lists and counts of each status, and of each type: jobs_job_in_line has the order in which
    # waiting jobs are taken, this one the order of lists. The running jobs, of each worker and with
    # ended leases, are found by their status. `lease_until` is in no index, so that PostgreSQL
    # renews leases within the page of the row (HOT).
    models.Index(fields=["status", "type", "id"], name="jobs_job_status_type"),
    # Lists of one queue, of one source, or of both; and the newest claims of a queue, by which
    # upkeep knows that a message was overtaken. The few running jobs are found by status.
    models.Index(
        fields=["queue", "source", "status", "id"],
        condition=Q(status__in=NOT_RUNNING),
        name="jobs_job_queue_source",
    ),
    # Lists of one account's jobs, and of the name that jobs of deleted accounts and of commands
    # show. It has all statuses: PostgreSQL asks for the jobs of an account that is deleted.
    models.Index(fields=["created_by", "created_by_name", "status", "id"], name="jobs_job_creator"),
    # What ended last: of each type for estimates, of failures for the home page, and the lists of
    # a period; the chart of the last day reads nothing else.
    models.Index(
        fields=["status", "type", "finished_at", "id"],
        condition=Q(status__in=SETTLED),
        name="jobs_job_ended",
    ),
    # Lists of the jobs of one API token. The few running jobs are found by status.
    models.Index(
        fields=["token_id", "status", "id"],
        condition=Q(token_id__isnull=False, status__in=NOT_RUNNING),
        name="jobs_job_token",
    ),
    # The search, names and errors. It costs a job two writes, at submission and outcome: the few
    # running jobs are searched without it. A search also reads what is not yet merged into the
    # index, at most 1 MB.
    GinIndex(
        words_of_jobs(),
        name="jobs_job_words",
        condition=Q(status__in=NOT_RUNNING),
        gin_pending_list_limit=1024,
    ),
    models.Index(
        fields=["error_code", "id"],
        condition=~Q(error_code=""),
        name="jobs_job_error_code_id",
    ),
    # In the order in which they are taken; with the id, so that places in the queue come
    # from it alone.
    models.Index(
        fields=["queue", "published_at", "id"],
        condition=Q(status=Status.PENDING, parked_by=""),
        name="jobs_job_in_line",
    ),
    # The jobs that wait for the end of a hold, or for room, in the order in which they begin then.
    # Without holds and limits it is empty.
    models.Index(
        fields=["queue", "parked_by", "id"],
        condition=Q(status=Status.PENDING) & ~Q(parked_by=""),
        name="jobs_job_parked",
    ),
    # What needs attention, and the groups of failures to review.
    models.Index(
        fields=["id"],
        condition=Q(status=Status.FAILED, acknowledged_at=None),
        name="jobs_job_unseen",
    ),
    # The failures of one cause.
    models.Index(
        fields=["fingerprint", "id"], condition=~Q(fingerprint=""), name="jobs_job_fingerprint_id"
    ),
    # Deleting a job asks for its reruns; without this, by reading every job.
    models.Index(
        fields=["rerun_of"], condition=Q(rerun_of__isnull=False), name="jobs_job_rerun_of"
    ),
    # Jobs about one object, in lists and on its page; jobs about none are not in it.
    models.Index(
        fields=["about_type", "about_key", "id"],
        condition=Q(about_type__isnull=False),
        name="jobs_job_about",
    ),
    models.Index(fields=["batch_id"], condition=Q(batch_id__isnull=False), name="jobs_job_batch"),
]
