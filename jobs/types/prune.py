"""The job type "Prune": what upkeep removes every hour, now; or only what that would be."""

from typing import Any

from django import forms

from jobs import access, services
from jobs.context import JobContext
from jobs.engine import upkeep
from jobs.registry import job_type


class PruneForm(forms.Form):
    """Whether to do it."""

    dry_run = forms.BooleanField(
        label="Dry run", required=False, initial=True, help_text="Only say what would be removed."
    )


@job_type(
    slug="prune",
    label="Prune",
    description="Removes settled jobs past their type's retention, and files and outcomes that belong to no job.",
    form=PruneForm,
    permission="jobs.delete_job",
    time_limit=3600,
    unique_while_active=True,
)
def run(job: JobContext, dry_run: bool) -> dict[str, Any]:
    """Remove what is past its time; the result counts it."""
    if not access.may_delete(services.launcher(job.id).user):
        raise services.NotPermitted("Whoever launched this job may not delete jobs any more.")
    pruned = upkeep.prune(dry_run=dry_run)
    verb = "Would remove" if dry_run else "Removed"
    for slug, count in sorted(pruned.jobs.items()):
        job.log(f"{verb} {count:,} jobs of type {slug}")
    total = sum(pruned.jobs.values())
    job.progress(1, 1, f"{verb} {total:,} jobs")
    return {
        "dry_run": dry_run,
        "jobs": total,
        "jobs_by_type": pruned.jobs,
        "files_without_job": pruned.files,
        "results_without_job": pruned.task_results,
        "silent_workers": pruned.workers,
    }
