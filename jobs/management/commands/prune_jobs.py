"""manage.py prune_jobs: prunes now, as upkeep does every hour, or shows what it would remove."""

from argparse import ArgumentParser
from typing import Any

from jobs.engine.upkeep import prune
from jobs.management.command import JobsCommand
from jobs.safe_text import quantity


class Command(JobsCommand):
    help = "Remove settled jobs past their retention, and files and results that belong to no job."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only print what would be removed"
        )
        parser.add_argument(
            "--remove-unknown-files",
            action="store_true",
            help="also remove files that belong to no job if there are suspiciously many",
        )

    def handle(self, *args: Any, dry_run: bool, remove_unknown_files: bool, **options: Any) -> None:
        pruned = prune(dry_run=dry_run, remove_unknown_files=remove_unknown_files)
        self.stdout.write("would remove:" if dry_run else "removed:")
        for job_type, by_status in sorted(pruned.jobs.items()):
            counts = ", ".join(f"{count} {status}" for status, count in sorted(by_status.items()))
            jobs = quantity(sum(by_status.values()), "job")
            self.stdout.write(f"  {jobs} of type {job_type} ({counts})")
        of_jobs, others = quantity(pruned.job_files, "file"), quantity(pruned.files, "file")
        self.stdout.write(f"  {of_jobs} of theirs, {others} without a job")
        self.stdout.write(f"  {quantity(pruned.uploads, 'upload')} that no job has")
        self.stdout.write(f"  {quantity(pruned.file_bytes, 'byte')} of files")
        self.stdout.write(f"  {quantity(pruned.task_results, 'result')} without a job")
        workers = quantity(pruned.workers, "worker")
        self.stdout.write(f"  {workers} without a heartbeat for a day")
        if pruned.refusal:
            self.stderr.write(f"  files: {pruned.refusal}")
