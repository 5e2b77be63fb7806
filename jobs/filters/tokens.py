"""Whose jobs a list shows: of API tokens."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from jobs.database import Scan
from jobs.filters.fields import parse_uuid
from jobs.filters.owners import Owners
from jobs.models import ApiToken, JobQuerySet

# As many tokens of one name are searched, the newest.
TOKENS_LIMIT = 100
TOKEN_IDS = "SELECT unnest(%s::uuid[])"


@dataclass(frozen=True)
class Tokens(Owners):
    """Jobs that the tokens of these public ids submitted."""

    ids: tuple[UUID, ...]

    @property
    def condition(self) -> Q:
        """Return the condition of all these jobs."""
        return Q(token_id=self.ids[0]) if len(self.ids) == 1 else Q(token_id__in=self.ids)

    def scans(self, jobs: JobQuerySet) -> Iterator[Scan[JobQuerySet]]:
        """Yield the scans of `jobs`, of one status, that index jobs_job_token keeps in order."""
        if len(self.ids) == 1:
            yield Scan(jobs.filter(token_id=self.ids[0]))
        elif self.ids:
            yield Scan(jobs, "token_id", TOKEN_IDS, ([*self.ids],))


def tokens_named(text: str) -> Tokens:
    """Return the token of an id, which may be revoked, or all tokens of a name."""
    token_id = parse_uuid(text)
    if token_id is not None:
        return Tokens((token_id,))
    # Queried first, so that PostgreSQL plans for these tokens.
    named = ApiToken.objects.filter(name=text).order_by("-created")
    return Tokens(tuple(named.values_list("public_id", flat=True)[:TOKENS_LIMIT]))
