"""The indexes by which jobs are found, each with the queries that it serves.

An index on every job costs a job three writes, because submission, claim and outcome each make a
new version of its row. One that is partial by a status costs one. The primary key serves ranges of
creation times (`jobs/models/ids.py`).
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from jobs.models.status import ACTIVE, SETTLED, Status
from jobs.models.words import words_of_jobs

INDEXES = [
    # Lists and counts of one final status, however many jobs of others are newer or older. The few
    # active jobs are found by jobs_job_waiting and jobs_job_running.
    models.Index(fields=["status", "id"], condition=Q(status__in=SETTLED), name="jobs_job_outcome"),
    # Lists of one account's jobs, also of one status.
    models.Index(fields=["created_by", "id"], name="jobs_job_created_by_id"),
    models.Index(fields=["created_by", "status", "id"], name="jobs_job_created_by_status"),
    # Jobs of deleted and renamed accounts, and of commands, are found by the name that they
    # show.
    models.Index(fields=["created_by_name", "id"], name="jobs_job_created_by_name"),
    models.Index(
        fields=["created_by_name"],
        condition=Q(created_by=None),
        name="jobs_job_without_account",
    ),
    # Lists of the jobs of one API token.
    models.Index(
        fields=["token_id", "id"], condition=Q(token_id__isnull=False), name="jobs_job_token_id"
    ),
    # Lists of one type's jobs, and the types that any job has.
    models.Index(fields=["type", "id"], name="jobs_job_type_id"),
    # A type that never had a status is not read from end to end for it.
    models.Index(fields=["type", "status", "id"], name="jobs_job_type_status_id"),
    models.Index(fields=["source", "id"], name="jobs_job_source_id"),
    models.Index(fields=["queue", "id"], name="jobs_job_queue_id"),
    # The search, names and errors. It costs a job two writes, at submission and outcome: the few
    # running jobs are searched without it. A search also reads what is not yet merged into the
    # index, at most 1 MB.
    GinIndex(
        words_of_jobs(),
        name="jobs_job_words",
        condition=Q(status__in=[Status.PENDING, *SETTLED]),
        gin_pending_list_limit=1024,
    ),
    # Lists of the active and of the settled jobs, behind any number of the others.
    models.Index(fields=["id"], condition=Q(status__in=ACTIVE), name="jobs_job_active"),
    models.Index(fields=["id"], condition=Q(status__in=SETTLED), name="jobs_job_settled"),
    models.Index(
        fields=["error_code", "id"],
        condition=~Q(error_code=""),
        name="jobs_job_error_code_id",
    ),
    models.Index(
        fields=["finished_at", "id"],
        include=["status"],  # the chart of the last day reads nothing else
        condition=Q(finished_at__isnull=False),
        name="jobs_job_finished_at_id",
    ),
    # The last runs of a type, by which estimates are made.
    models.Index(
        fields=["type", "finished_at"],
        condition=Q(started_at__isnull=False, finished_at__isnull=False),
        name="jobs_job_type_ran",
    ),
    # In the order in which they are taken; with the id, so that places in the queue come
    # from it alone.
    models.Index(
        fields=["queue", "published_at", "id"],
        condition=Q(status=Status.PENDING),
        name="jobs_job_waiting",
    ),
    # The running jobs: of each worker, and those whose leases ended. `lease_until` is in no index,
    # so that PostgreSQL renews leases within the page of the row (HOT).
    models.Index(fields=["worker"], condition=Q(status=Status.PROCESSING), name="jobs_job_running"),
    # The newest claim of a queue, by which upkeep knows that a message was overtaken.
    models.Index(
        fields=["queue", "taken_published_at"],
        condition=Q(taken_published_at__isnull=False, publishes=1),
        name="jobs_job_taken",
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
