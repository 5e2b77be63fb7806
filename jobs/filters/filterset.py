"""The filters of jobs: one FilterSet for the admin, the API, its statistics and bulk actions."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import django_filters
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.datastructures import MultiValueDict

from jobs import access
from jobs.filters.conditions import jobs_about_text, of_fingerprint, unseen_as_of
from jobs.filters.creators import Creators, creators_named
from jobs.filters.fields import (
    CheckboxFilter,
    IdsFilter,
    MomentFilter,
    OneOfFilter,
    ReferenceFilter,
    SearchFilter,
    SomeOfFilter,
    WordsFilter,
    form_class,
)
from jobs.filters.moments import FiltersByMoment
from jobs.filters.owners import Owners
from jobs.filters.periods import PERIOD_LABELS
from jobs.filters.scans import WORDS, Listed
from jobs.filters.search import SEARCH, search_expanded
from jobs.filters.tokens import Tokens, tokens_named
from jobs.filters.word_search import Walked, word_conditions
from jobs.models import (
    ACTIVE,
    SETTLED,
    Job,
    JobQuerySet,
    Source,
    Status,
)


class JobFilters(FiltersByMoment, django_filters.FilterSet):
    """The filters of jobs: all conditions on columns are here, each behind an index.

    `..._after` includes its moment, `..._before` does not. `error_type` has no index: links set it
    together with a type and an error code.
    """

    q = SearchFilter(method="filter_words", max_length=200, label="Search")
    status = SomeOfFilter(allowed=Status.values, label="Status")
    active = OneOfFilter(allowed=["true", "false"], label="Active")
    type = django_filters.CharFilter(max_length=100, label="Type")
    name = django_filters.CharFilter(
        method="filter_words", max_length=200, strip=False, label="Name begins with"
    )
    created_by = django_filters.CharFilter(
        method="filter_created_by", max_length=255, label="Requested by"
    )
    token = django_filters.CharFilter(method="filter_token", max_length=100, label="API token")
    source = OneOfFilter(allowed=Source.values, label="Source")
    queue = django_filters.CharFilter(max_length=100, label="Queue")
    batch = django_filters.UUIDFilter("batch_id", label="Batch")
    rerun_of = django_filters.UUIDFilter(method="filter_origin", label="Launched again from")
    parent = django_filters.UUIDFilter(method="filter_origin", label="Child of")
    about = ReferenceFilter(method="filter_about", max_length=460, label="About")
    error = WordsFilter(method="filter_words", max_length=200, label="Error")
    error_code = django_filters.CharFilter(
        method="filter_failures", max_length=50, label="Error code"
    )
    fingerprint = django_filters.CharFilter(
        method="filter_fingerprint", max_length=16, label="Cause of failure"
    )
    id = IdsFilter(lookup_expr="in", label="Id")
    created_after = MomentFilter(method="filter_created_after", label="Created since")
    created_before = MomentFilter(method="filter_created_before", label="Created before")
    started_after = MomentFilter(method="filter_started_after", label="Started since")
    started_before = MomentFilter("started_at", method="filter_before", label="Started before")
    finished_after = MomentFilter("finished_at", lookup_expr="gte", label="Ended since")
    finished_before = MomentFilter("finished_at", method="filter_before", label="Ended before")

    # The admin's periods, checkboxes and links.
    created = OneOfFilter(allowed=PERIOD_LABELS, method="filter_period", label="Created")
    ended = OneOfFilter(allowed=PERIOD_LABELS, method="filter_period", label="Ended")
    mine = CheckboxFilter(method="filter_mine", label="Requested by me")
    unseen = CheckboxFilter(method="filter_unseen", label="To review")
    error_type = django_filters.CharFilter(
        method="filter_failures", max_length=200, label="Error type"
    )

    # The few jobs with some words are searched once for the queries of a page. False for conditions
    # that are asked again later.
    keeps_ids = True
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

        `as_of` is the moment for which acknowledgements and days count; None is now.
        """
        # Without super().__init__(), which copies every filter for each request.
        self.is_bound, self.request, self.form_prefix = True, None, None
        self.data, self.filters = query, self.base_filters
        if ":" in (query.get(SEARCH) or ""):
            self.data = search_expanded(query, user)
        self.queryset = Job.objects.all() if jobs is None else jobs
        self.user, self.as_of = user, as_of

    def get_form_class(self) -> Any:
        return form_class(type(self))  # type: ignore[arg-type]  # a class is hashable

    @cached_property
    def cleaned(self) -> dict[str, Any]:
        """The values of the valid filters, by name."""
        if not self.data:  # a form of its 23 fields takes 0.4 ms
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

    def _narrow(self, jobs: JobQuerySet, one: django_filters.Filter, value: Any) -> Any:
        if one.method is None:
            return one.filter(jobs, value)
        return getattr(self, one.method)(jobs, one.field_name, value)

    def filter_queryset(self, queryset: JobQuerySet) -> JobQuerySet:
        """The jobs that match every filter; none if a filter is refused."""
        if len(self.statuses) == len(Status):
            return self.in_any_status
        return self.in_any_status.filter(status__in=self.statuses)

    def first(
        self,
        order: Sequence[str],
        limit: int,
        *,
        jobs: JobQuerySet | None = None,
        statuses: Collection[str] | None = None,
        is_sorted: bool = True,
    ) -> JobQuerySet:
        """Return at least the first `limit` jobs that match, in `order`.

        Without `is_sorted` they are any, which costs less: for counts. `jobs` are some of
        `in_any_status`, and `statuses` those to list instead of the filters' own.
        """
        wanted = self.statuses if statuses is None else statuses
        return Listed(
            every=self.queryset,
            jobs=self.in_any_status if jobs is None else jobs,
            given=self.given,
            owners=self._owners,
            are_walked=all(isinstance(one, Walked) for one in self._of_words.values()),
        ).first(order, limit, wanted, is_sorted=is_sorted)

    @cached_property
    def _owners(self) -> Owners | None:
        """Whose jobs the filters and the user's rights leave; None if those of all."""
        if "token" in self.given:
            return self._tokens
        if "created_by" in self.given:
            return self._named
        is_own = "mine" in self.given or not access.sees_all_jobs(self.user)
        return Creators(self.user.pk) if self.user and is_own else None

    @cached_property
    def _of_words(self) -> Mapping[str, Any]:
        """The condition of each filter by words that is set."""
        if not self.given & WORDS:
            return {}
        return word_conditions(self.cleaned, keeps_ids=self.keeps_ids)

    @cached_property
    def _named(self) -> Creators:
        return creators_named(self.cleaned["created_by"])

    @cached_property
    def _tokens(self) -> Tokens:
        return tokens_named(self.cleaned["token"])

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the query, one sentence for each filter."""
        for name, messages in self.errors.items():
            text = " ".join(map(str, messages))
            yield text if name == NON_FIELD_ERRORS else f"{name}: {text}"

    def filter_words(self, jobs: JobQuerySet, name: str, text: str) -> JobQuerySet:
        return jobs.filter(self._of_words[name])

    def filter_created_by(self, jobs: JobQuerySet, name: str, username: str) -> JobQuerySet:
        return jobs.filter(self._named.condition)

    def filter_token(self, jobs: JobQuerySet, name: str, text: str) -> JobQuerySet:
        return jobs.filter(self._tokens.condition)

    def filter_mine(self, jobs: JobQuerySet, name: str, ticked: bool) -> JobQuerySet:
        return jobs.filter(created_by=self.user)

    def filter_origin(self, jobs: JobQuerySet, name: str, job_id: UUID) -> JobQuerySet:
        # A job that the user may not see does not exist for this filter either.
        is_seen = access.visible_jobs(self.user).filter(id=job_id).exists()
        return jobs.filter(**{name: job_id}) if is_seen else jobs.none()

    def filter_about(self, jobs: JobQuerySet, name: str, text: str) -> JobQuerySet:
        return jobs_about_text(self.user, jobs, text)

    def filter_failures(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return jobs.filter(status=Status.FAILED, **{name: value})

    def filter_fingerprint(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return jobs.filter(of_fingerprint(value))

    def filter_unseen(self, jobs: JobQuerySet, name: str, ticked: bool) -> JobQuerySet:
        return jobs.filter(unseen_as_of(self.as_of))
