"""The filters and the order of lists of jobs: in the admin, in the API and in bulk actions."""

from jobs.filters.conditions import NO_FINGERPRINT
from jobs.filters.creators import Creators
from jobs.filters.fields import (
    IDS_LIMIT,
    REPEATED,
    IdsFilter,
    MomentFilter,
    OneOfFilter,
    SomeOfFilter,
    parse_uuid,
)
from jobs.filters.filterset import JobFilters
from jobs.filters.ordering import NEWEST_ID, ORDERINGS, chosen_order
from jobs.filters.owners import Owners
from jobs.filters.periods import PERIOD_LABELS, with_fixed_times
from jobs.filters.scans import OF_FAILURES
from jobs.filters.search import QUALIFIERS, SEARCH, search_expanded
from jobs.filters.tokens import Tokens

__all__ = [
    "IDS_LIMIT",
    "NEWEST_ID",
    "NO_FINGERPRINT",
    "OF_FAILURES",
    "ORDERINGS",
    "PERIOD_LABELS",
    "QUALIFIERS",
    "REPEATED",
    "SEARCH",
    "Creators",
    "IdsFilter",
    "JobFilters",
    "MomentFilter",
    "OneOfFilter",
    "Owners",
    "SomeOfFilter",
    "Tokens",
    "chosen_order",
    "parse_uuid",
    "search_expanded",
    "with_fixed_times",
]
