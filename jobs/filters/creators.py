"""Whose jobs a list shows: of an account, or of the name that jobs without an account show."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q

from jobs.database import Scan, scan_of_each
from jobs.filters.owners import Owners
from jobs.models import (
    Job,
    JobQuerySet,
    account_name_field,
    accounts_named,
    kept_name,
)


@dataclass(frozen=True)
class Creators(Owners):
    """Jobs of `account`, of no account under `name`, and under `name` of the accounts `renamed`."""

    account: Any = None
    name: str | None = None
    renamed: tuple[Any, ...] = ()

    @property
    def condition(self) -> Q:
        """Return the condition of all these jobs."""
        parts = [] if self.account is None else [Q(created_by=self.account)]
        if self.name is not None:
            parts.append(Q(created_by=None, created_by_name=self.name))
        if self.renamed:
            parts.append(Q(created_by__in=self.renamed, created_by_name=self.name))
        return reduce(or_, parts)

    def scans(self, jobs: JobQuerySet) -> Iterator[Scan[JobQuerySet]]:
        """Yield the scans of `jobs`, of one status, that index jobs_job_creator keeps in order."""
        if self.account is not None:
            # An account has as many names as it was given: one, or a few.
            own = jobs.filter(created_by=self.account)
            yield scan_of_each(own, "created_by_name", "created_by_id = %s", self.account)
        if self.name is not None:
            yield Scan(jobs.filter(created_by=None, created_by_name=self.name))
        for account in self.renamed:
            yield Scan(jobs.filter(created_by=account, created_by_name=self.name))


def creators_named(username: str) -> Creators:
    """Return the account of that name and jobs without an account that show this name.

    Without such an account also the accounts that had this name when they launched jobs. If there
    is no such job, the one account of that name in other letter cases.
    """
    accounts = get_user_model()._default_manager
    username = get_user_model().normalize_username(username)  # as accounts are stored
    # Queried first: PostgreSQL cannot know whether a sub-select names many jobs or few.
    account = accounts_named(username).values_list("pk", flat=True).first()
    name = kept_name(username)
    if account is not None:
        return Creators(account, name)
    launched: Any = Job.objects.filter(created_by=OuterRef("pk"), created_by_name=name)
    renamed = accounts.filter(Exists(launched)).order_by("pk").values_list("pk", flat=True)
    creators = Creators(None, name, tuple(renamed))
    if not username or Job.objects.filter(creators.condition).exists():
        return creators
    in_any_case = Q((f"{account_name_field().name}__iexact", username))
    alike = list(accounts.filter(in_any_case).values_list("pk", flat=True)[:2])
    return Creators(alike[0]) if len(alike) == 1 else creators
