"""The filters of jobs: one FilterSet for the admin, the API, its statistics and bulk actions."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import Any
from uuid import UUID

import django_filters
from django.contrib.auth import get_user_model
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Q
from django.utils.datastructures import MultiValueDict

from jobs import access
from jobs.filters.fields import (
    CheckboxFilter,
    IdsFilter,
    MomentFilter,
    OneOfFilter,
    SomeOfFilter,
    form_class,
    parse_uuid,
)
from jobs.models import (
    ACTIVE,
    SETTLED,
    ApiToken,
    Job,
    JobQuerySet,
    Source,
    Status,
    created_before,
    created_since,
)
from jobs.safe_text import spellings

# As many tokens of one name are searched, the newest.
TOKENS_LIMIT = 100


class JobFilters(django_filters.FilterSet):
    """The filters of jobs: all conditions on columns are here, each behind an index.

    `..._after` includes its moment, `..._before` does not. `error_type` has no index: links set it
    together with a type and an error code.
    """

    status = SomeOfFilter(allowed=Status.values, label="Status")
    active = OneOfFilter(allowed=["true", "false"], label="Active")
    type = django_filters.CharFilter(max_length=100)
    name = django_filters.CharFilter(
        method="filter_name", max_length=200, strip=False, label="Name begins with"
    )
    created_by = django_filters.CharFilter(
        method="filter_created_by", max_length=150, label="Requested by"
    )
    token = django_filters.CharFilter(method="filter_token", max_length=100, label="API token")
    source = OneOfFilter(allowed=Source.values)
    queue = django_filters.CharFilter(max_length=100, label="Queue")
    batch = django_filters.UUIDFilter("batch_id", label="Batch")
    rerun_of = django_filters.UUIDFilter(method="filter_rerun_of", label="Launched again from")
    error_code = django_filters.CharFilter(method="filter_failures", max_length=50)
    id = IdsFilter(lookup_expr="in", label="Id")
    created_after = MomentFilter(method="filter_created_after", label="Created since")
    created_before = MomentFilter(method="filter_created_before", label="Created before")
    started_after = MomentFilter(method="filter_started_after", label="Started since")
    started_before = MomentFilter("started_at", method="filter_before", label="Started before")
    finished_after = MomentFilter("finished_at", lookup_expr="gte", label="Ended since")
    finished_before = MomentFilter("finished_at", method="filter_before", label="Ended before")

    # The admin's search, checkbox and links.
    q = django_filters.CharFilter(method="filter_q", max_length=200, label="Search")
    mine = CheckboxFilter(method="filter_mine")
    unseen = CheckboxFilter(method="filter_unseen", label="Not acknowledged")
    error_type = django_filters.CharFilter(method="filter_failures", max_length=200, label="Error")

    needs_zone = False  # if True, moments without a zone are refused instead of read as local

    class Meta:
        model = Job
        fields: list[str] = []

    def __init__(
        self,
        query: MultiValueDict[str, str] | Mapping[str, str],
        jobs: JobQuerySet | None = None,
        *,
        user: Any = None,
        as_of: datetime | None = None,
    ) -> None:
        """Filter `jobs` by `query`, for `user`: None for a command, which sees every job.

        `as_of` is the moment for which acknowledgements count; None is now.
        """
        # Without super().__init__(), which copies every filter for each request.
        self.is_bound, self.request, self.form_prefix = True, None, None
        self.data, self.filters = query, self.base_filters
        self.queryset = Job.objects.all() if jobs is None else jobs
        self.user, self.as_of = user, as_of

    def get_form_class(self) -> Any:
        return form_class(type(self))  # type: ignore[arg-type]  # a class is hashable

    @cached_property
    def cleaned(self) -> dict[str, Any]:
        """The values of the valid filters, by name."""
        if not self.data:  # a form of its 22 fields takes 0.4 ms
            return {}
        self.form.is_valid()
        return dict(self.form.cleaned_data)

    @property
    def errors(self) -> Mapping[str, Any]:
        """The error messages of the refused filters, by name."""
        return super().errors if self.data else {}

    @cached_property
    def given(self) -> frozenset[str]:
        """The names of the valid filters that are set."""
        return frozenset(name for name, value in self.cleaned.items() if value)

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that `status` and `active` leave; none if `status` is refused."""
        kinds = {"true": ACTIVE, "false": SETTLED}
        left = set(kinds.get(self.cleaned.get("active", ""), Status.values))
        if "status" in self.given or "status" in self.errors:
            left &= set(self.cleaned.get("status", ()))
        return tuple(status for status in Status.values if status in left)

    @cached_property
    def in_any_status(self) -> JobQuerySet:
        """The jobs that match all filters but `status` and `active`; none if one is refused."""
        jobs: JobQuerySet = self.queryset
        if self.errors:
            return jobs.none()
        for name, value in self.cleaned.items():
            if value and name not in ("status", "active"):
                jobs = self._narrow(jobs, self.filters[name], value)
        return jobs

    def _narrow(self, jobs: JobQuerySet, one: django_filters.Filter, value: Any) -> JobQuerySet:
        if one.method is None:
            narrowed: JobQuerySet = one.filter(jobs, value)
        else:
            narrowed = getattr(self, one.method)(jobs, one.field_name, value)
        return narrowed

    def filter_queryset(self, queryset: JobQuerySet) -> JobQuerySet:
        """The jobs that match every filter; none if a filter is refused."""
        if len(self.statuses) == len(Status):
            return self.in_any_status
        return self.in_any_status.filter(_in_statuses(self.statuses))

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the query, one sentence for each filter."""
        for name, messages in self.errors.items():
            text = " ".join(map(str, messages))
            yield text if name == NON_FIELD_ERRORS else f"{name}: {text}"

    def filter_q(self, jobs: JobQuerySet, name: str, text: str) -> JobQuerySet:
        return jobs.filter(_name_startswith(text) | Q(error_code=text))

    def filter_name(self, jobs: JobQuerySet, name: str, text: str) -> JobQuerySet:
        return jobs.filter(_name_startswith(text))

    def filter_created_by(self, jobs: JobQuerySet, name: str, username: str) -> JobQuerySet:
        return jobs.filter(_created_by(username))

    def filter_token(self, jobs: JobQuerySet, name: str, text: str) -> JobQuerySet:
        return jobs.filter(_of_token(text))

    def filter_mine(self, jobs: JobQuerySet, name: str, ticked: bool) -> JobQuerySet:
        return jobs.filter(created_by=self.user)

    def filter_rerun_of(self, jobs: JobQuerySet, name: str, job_id: UUID) -> JobQuerySet:
        # A job that the user may not see does not exist for this filter either.
        is_seen = access.visible_jobs(self.user).filter(id=job_id).exists()
        return jobs.filter(rerun_of=job_id) if is_seen else jobs.none()

    def filter_failures(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return jobs.filter(Q((name, value)), status=Status.FAILED)

    def filter_unseen(self, jobs: JobQuerySet, name: str, ticked: bool) -> JobQuerySet:
        unseen = Q(acknowledged_at=None)
        if self.as_of is not None:
            unseen |= Q(acknowledged_at__gt=self.as_of)
        return jobs.filter(unseen, status=Status.FAILED)

    def filter_created_after(self, jobs: JobQuerySet, name: str, at: datetime) -> JobQuerySet:
        return jobs.filter(created_since(at))

    def filter_created_before(self, jobs: JobQuerySet, name: str, at: datetime) -> JobQuerySet:
        return jobs.filter(created_before(at))

    def filter_started_after(self, jobs: JobQuerySet, name: str, at: datetime) -> JobQuerySet:
        # A job that started runs, or ended later: both have an index, and `started_at` has none.
        since = Q(finished_at__gte=at) | Q(status=Status.PROCESSING)
        return jobs.filter(since, started_at__gte=at)

    def filter_before(self, jobs: JobQuerySet, name: str, at: datetime) -> JobQuerySet:
        # A job is created before it starts, so this bound changes no result. With it the primary
        # key, which also gives the order, skips newer jobs.
        return self.filter_created_before(jobs.filter(**{f"{name}__lt": at}), name, at)


def _in_statuses(statuses: Collection[str]) -> Q:
    """The condition for jobs in any of `statuses`: active and settled jobs have indexes apart."""
    active = Q(status__in=[one for one in statuses if one in ACTIVE])
    settled = Q(status__in=[one for one in statuses if one in SETTLED])
    return active | settled


def _name_startswith(text: str) -> Q:
    """The condition for jobs whose name begins with `text`, in either spelling of accents."""
    return reduce(or_, (Q(name__startswith=one) for one in sorted(spellings(text))))


def _created_by(username: str) -> Q:
    """The condition for jobs of an account, and for jobs without an account that show this name.

    Jobs of the account are found by its id, the only column with an index for each status. Without
    an account of that name the jobs that show it are of a renamed or deleted account, or of a
    command.
    """
    accounts = get_user_model().objects
    username = get_user_model().normalize_username(username)  # as accounts are stored
    # Queried first: PostgreSQL cannot know whether a sub-select names many jobs or few.
    account = accounts.filter(username=username).values_list("pk", flat=True).first()
    if account is None:
        return Q(created_by_name=username)
    without_account = Q(created_by=None, created_by_name=username)
    if not username or not Job.objects.filter(without_account).exists():
        return Q(created_by=account)
    return Q(created_by=account) | without_account


def _of_token(text: str) -> Q:
    """The condition for jobs that API tokens submitted: the token of an id, or all of a name.

    Jobs of a revoked token are found by its id.
    """
    token_id = parse_uuid(text)
    if token_id is not None:
        return Q(token_id=token_id)
    # Queried first, so that PostgreSQL plans for these tokens.
    named = ApiToken.objects.filter(name=text).order_by("-created")
    found = list(named.values_list("public_id", flat=True)[:TOKENS_LIMIT])
    return Q(token_id=found[0]) if len(found) == 1 else Q(token_id__in=found)
