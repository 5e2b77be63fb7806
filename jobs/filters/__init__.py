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
from jobs.filters.filterset import JobFilters
from jobs.filters.ordering import NEWEST_ID, ORDERINGS, chosen_order

__all__ = [
    "IDS_LIMIT",
    "NEWEST_ID",
    "ORDERINGS",
    "REPEATED",
    "IdsFilter",
    "JobFilters",
    "MomentFilter",
    "OneOfFilter",
    "SomeOfFilter",
    "chosen_order",
    "parse_uuid",
]
