"""The filters and the order of lists of jobs: in the admin, in the API and in bulk actions."""

from jobs.filters.fields import (
    IDS_LIMIT,
    REPEATED,
    IdsFilter,
    MomentFilter,
    OneOfFilter,
    SomeOfFilter,
    parse_uuid,
)
from jobs.filters.filterset import NO_FINGERPRINT, JobFilters
from jobs.filters.ordering import NEWEST_ID, ORDERINGS, chosen_order
from jobs.filters.periods import PERIOD_LABELS, with_fixed_times
from jobs.filters.search import QUALIFIERS, SEARCH, search_expanded
from jobs.filters.word_search import EqualsAny

__all__ = [
    "IDS_LIMIT",
    "NEWEST_ID",
    "NO_FINGERPRINT",
    "ORDERINGS",
    "PERIOD_LABELS",
    "QUALIFIERS",
    "REPEATED",
    "SEARCH",
    "EqualsAny",
    "IdsFilter",
    "JobFilters",
    "MomentFilter",
    "OneOfFilter",
    "SomeOfFilter",
    "chosen_order",
    "parse_uuid",
    "search_expanded",
    "with_fixed_times",
]
