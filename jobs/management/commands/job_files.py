"""manage.py job_files: shows the state of the storage of job files, adopts it, restores files."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management import CommandError
from django.db import DEFAULT_DB_ALIAS

from jobs import storage
from jobs.engine.upkeep.orphan_files import FileSearch, settled_before
from jobs.management.command import JobsCommand
from jobs.models import FileStorage
from jobs.safe_text import quantity


class Command(JobsCommand):
    help = (
        "Show whether the storage of files is this database's; adopt it; list what is"
        " inconsistent; restore or delete removed files."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "action",
            choices=["status", "check", "adopt", "restore", "purge"],
            help="status: show the state; check: list files of jobs that are missing, and stored"
            " files of no job, and exit with 1 if there are any;"
            " adopt: tie the storage to this database and to no other;"
            " restore: put back the removed files that the database knows;"
            " purge: delete all other removed files now, a week early",
        )

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")()

    def _status(self) -> None:
        row = FileStorage.objects.first()
        place = storage.place()
        self.stdout.write(f"{place.variable}: {place.address()}")
        self.stdout.write(f"identity: {row.identity if row else 'none yet'}")
        self.stdout.write(f"removed files kept: {sum(1 for _ in storage.removed_files())}")
        self.stdout.write(
            storage.problem(DEFAULT_DB_ALIAS) or (row and row.refusal) or "All is well."
        )

    def _check(self) -> None:
        lost = 0
        for file in storage.lost_files(DEFAULT_DB_ALIAS):
            lost += 1
            fault = "is missing" if file.found_size is None else f"has {file.found_size:,} bytes"
            self.stdout.write(f"{file.owner}: {file.name!r} ({file.stored_name}) {fault}")
        search = FileSearch(FileStorage.objects.first(), whole=True, before=settled_before())
        for _ in search.steps():
            pass
        for name in sorted(search.orphans):
            self.stdout.write(f"{name} belongs to no job")
        more = " or more" if search.is_cut else ""
        unknown = f"{len(search.orphans):,}{more} stored files belong to no job"
        found = f"{lost:,} files are missing or incomplete; {unknown}."
        if lost or search.orphans:
            raise CommandError(found)
        self.stdout.write(found)

    def _adopt(self) -> None:
        found, known = storage.sample(DEFAULT_DB_ALIAS)
        storage.adopt(DEFAULT_DB_ALIAS)
        self.stdout.write(f"{storage.place().address()} is this database's now and no other's.")
        self.stdout.write(f"{found:,} of {quantity(known, 'file')} found.")
        self._restore()

    def _restore(self) -> None:
        restored = quantity(storage.restore(using=DEFAULT_DB_ALIAS), "removed file")
        self.stdout.write(f"{restored} put back.")

    def _purge(self) -> None:
        if problem := storage.problem(DEFAULT_DB_ALIAS):
            raise CommandError(problem)
        before = sum(1 for _ in storage.removed_files())
        for _ in storage.purge(using=DEFAULT_DB_ALIAS, kept=timedelta(0)):
            pass
        left = sum(1 for _ in storage.removed_files())
        gone = quantity(before - left, "removed file")
        self.stdout.write(f"{gone} deleted, or put back where the database needs them.")
