"""The job type "Delete old jobs": removes now what upkeep removes every hour, or lists it."""

from typing import Any

from django import forms
from django.template.defaultfilters import filesizeformat

from jobs import services
from jobs.engine import upkeep
from jobs.engine.upkeep import Pruned
from jobs.handler.context import JobContext
from jobs.registry import MAINTENANCE, job_type
from jobs.safe_text import quantity


class PruneForm(forms.Form):
    """Whether to delete anything."""

    dry_run = forms.BooleanField(
        label="Dry run", required=False, initial=True, help_text="Only list what would be deleted."
    )


@job_type(
    slug="prune",
    label="Delete old jobs",
    description="Deletes jobs past their type's retention, with logs and files, or lists them.",
    form=PruneForm,
    queue=MAINTENANCE,
    permission="jobs.delete_job",
    time_limit=3600,
    max_attempts=2,  # a second attempt finds what the first one left
    unique_while_active=True,
    is_maintenance=True,
)
def delete_old_jobs(job: JobContext, dry_run: bool) -> dict[str, Any]:
    """Delete what is past its retention; return counts of it."""
    services.launcher(job)  # raises if the right was taken away while the job waited
    total = sum(jobs.count() for _, jobs in upkeep.old_jobs())

    def show(so_far: Pruned) -> None:
        done = so_far.job_count
        job.progress(done, total + 1, f"{done:,} of {quantity(total, 'job')}")

    pruned = upkeep.prune(dry_run=dry_run, after_step=show)
    if pruned.refusal:
        job.log(pruned.refusal, level="WARNING")
    for sentence in _sentences(pruned, "Would delete" if dry_run else "Deleted"):
        job.log(sentence)
    job.progress(1, 1, sentence)
    return {
        "dry_run": dry_run,
        "jobs": pruned.job_count,
        "jobs_by_type": pruned.jobs,
        "files_of_jobs": pruned.job_files,
        "files_without_job": pruned.files,
        "uploads_without_job": pruned.uploads,
        "file_bytes": pruned.file_bytes,
        "results_without_job": pruned.task_results,
        "silent_workers": pruned.workers,
        "files_left_alone": pruned.refusal,
    }


def _sentences(pruned: Pruned, verb: str) -> list[str]:
    """Return what was deleted: a sentence for each type, then one with the totals."""
    lines = []
    for slug, by_status in sorted(pruned.jobs.items()):
        counts = ", ".join(f"{count:,} {status}" for status, count in sorted(by_status.items()))
        jobs = quantity(sum(by_status.values()), "job")
        lines.append(f"{verb} {jobs} of type {slug} ({counts}).")
    jobs = quantity(pruned.job_count, "job")
    files = pruned.job_files + pruned.files + pruned.uploads
    size = filesizeformat(pruned.file_bytes).replace("\xa0", " ")
    return [*lines, f"{verb} {jobs} in all, and {quantity(files, 'file')} of {size}."]
