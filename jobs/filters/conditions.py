"""Conditions on several columns: statuses, the account or the API token that submitted a job."""

from collections.abc import Collection

from django.contrib.auth import get_user_model
from django.db.models import Q

from jobs.filters.fields import parse_uuid
from jobs.models import (
    ACTIVE,
    SETTLED,
    ApiToken,
    Job,
    account_name_field,
    accounts_named,
    kept_name,
)

# As many tokens of one name are searched, the newest.
TOKENS_LIMIT = 100


def in_statuses(statuses: Collection[str]) -> Q:
    """The condition for jobs in any of `statuses`: active and settled jobs have indexes apart."""
    active = Q(status__in=[one for one in statuses if one in ACTIVE])
    settled = Q(status__in=[one for one in statuses if one in SETTLED])
    return active | settled


def requested_by(username: str) -> Q:
    """The condition for jobs of an account, and for jobs without an account that show this name.

    Jobs of the account are found by its id, the only column with an index for each status. Without
    an account of that name the jobs that show it are of a renamed or deleted account, or of a
    command.
    """
    username = get_user_model().normalize_username(username)  # as accounts are stored
    # Queried first: PostgreSQL cannot know whether a sub-select names many jobs or few.
    account = accounts_named(username).values_list("pk", flat=True).first()
    if account is None:
        return _shown_by_name(username)
    without_account = Q(created_by=None, created_by_name=kept_name(username))
    if not username or not Job.objects.filter(without_account).exists():
        return Q(created_by=account)
    return Q(created_by=account) | without_account


def of_token(text: str) -> Q:
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


def _shown_by_name(username: str) -> Q:
    """The condition for jobs that show this name; if there are none, in the case of an account."""
    shown = Q(created_by_name=kept_name(username))
    if not username or Job.objects.filter(shown).exists():
        return shown
    in_any_case = Q((f"{account_name_field().name}__iexact", username))
    alike = get_user_model()._default_manager.filter(in_any_case)
    found = list(alike.values_list("pk", flat=True)[:2])
    return Q(created_by=found[0]) if len(found) == 1 else shown
