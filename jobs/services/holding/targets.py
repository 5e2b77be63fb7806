"""What can be held: a type, a queue, a requester or an API token, as people name it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs import registry
from jobs.errors import InvalidHold
from jobs.filters import parse_uuid
from jobs.models import (
    NOT_RUNNING,
    ApiToken,
    HoldKind,
    Job,
    Status,
    Worker,
    account_name,
    accounts_named,
    kept_name,
)
from jobs.safe_text import composed, storable

TEXT_LENGTH = 200


@dataclass(frozen=True)
class Target:
    """What a hold is about: `value` identifies it, `name` is for people."""

    kind: HoldKind
    value: str
    name: str


def find_target(kind: HoldKind, text: str) -> Target:
    """Return the target that people call `text`.

    Raises: InvalidHold if there is none, or several tokens have the name.
    """
    return FINDERS[kind](storable(composed(text.strip()), TEXT_LENGTH))


def _find_type(text: str) -> Target:
    job_type = registry.find(text) or registry.by_label(text)
    if job_type is not None:
        return Target(HoldKind.TYPE, job_type.slug, job_type.label)
    # The index of types begins with the status.
    if not Job.objects.filter(type=text, status__in=Status.values).exists():
        raise InvalidHold("There is no such job type, and no job of it.", HoldKind.TYPE)
    return Target(HoldKind.TYPE, text, text)


def _find_queue(text: str) -> Target:
    of_workers = {queue for queues in _queues_of_workers() for queue in queues}
    is_known = text in {*registry.queues(), *of_workers}
    if not is_known and not _has_jobs(text):
        raise InvalidHold("No job type, worker or job has this queue.", HoldKind.QUEUE)
    return Target(HoldKind.QUEUE, text, text)


def _has_jobs(queue: str) -> bool:
    """Whether jobs of any age have the queue; the two conditions are those of indexes."""
    jobs = Job.objects.filter(queue=queue)
    of_index, running = jobs.filter(status__in=NOT_RUNNING), jobs.filter(status=Status.PROCESSING)
    return of_index.exists() or running.exists()


def _queues_of_workers() -> list[list[str]]:
    return list(Worker.objects.live().values_list("queues", flat=True))


def _find_requester(text: str) -> Target:
    account = accounts_named(text).first() if text else None
    if account is not None:
        name = kept_name(account_name(account))
        return Target(HoldKind.REQUESTER, str(account.pk), name)
    jobs = Job.objects.filter(created_by=None, created_by_name=kept_name(text))
    if not text or not jobs.exists():
        detail = "There is no such account, and no job of a requester of this name."
        raise InvalidHold(detail, HoldKind.REQUESTER)
    return Target(HoldKind.REQUESTER, f"name:{kept_name(text)}", kept_name(text))


def _find_token(text: str) -> Target:
    found: list[Any]
    if (token_id := parse_uuid(text)) is None:
        found = list(ApiToken.objects.filter(name=text).values_list("public_id", "name")[:2])
        if len(found) > 1:
            raise InvalidHold("Several tokens have this name. Give the id of one.", HoldKind.TOKEN)
    else:
        found = list(ApiToken.objects.filter(public_id=token_id).values_list("public_id", "name"))
        found = found or list(
            Job.objects.filter(token_id=token_id).values_list("token_id", "token_name")[:1]
        )
    if not found:
        raise InvalidHold("There is no such API token, and no job of it.", HoldKind.TOKEN)
    return Target(HoldKind.TOKEN, str(found[0][0]), found[0][1])


FINDERS: Mapping[HoldKind, Callable[[str], Target]] = {
    HoldKind.TYPE: _find_type,
    HoldKind.QUEUE: _find_queue,
    HoldKind.REQUESTER: _find_requester,
    HoldKind.TOKEN: _find_token,
}
