"""Submits one job or a batch: checks what is to run; publication.py stores and publishes it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from uuid_utils.compat import uuid7

from jobs import parameters, registry
from jobs.errors import AlreadyActive, InvalidBatch, InvalidName, Refused
from jobs.models import Job
from jobs.registry import JobType
from jobs.safe_text import composed, name_error
from jobs.services.caller import Caller, check_launch
from jobs.services.launch_uploads import LaunchUploads
from jobs.services.objects import AnyObject, LaunchObjects, about_text
from jobs.services.publication import Submission, SubmittedBatch


@dataclass(frozen=True)
class Launch:
    """What to run: a name, the slug of a type (None: the name chooses it), and params.

    `about` is the object that the job is about, or its reference such as "shop.order:17".
    """

    name: str = ""
    type: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    about: AnyObject = None


class Submitted(NamedTuple):
    """The accepted job; if `replayed`, that of an earlier submission under the same key."""

    job: Job
    replayed: bool


def submit(
    caller: Caller,
    *,
    name: str = "",
    type: str | None = None,
    params: Mapping[str, Any] | None = None,
    about: AnyObject = None,
    idempotency_key: str | None = None,
) -> Submitted:
    """Accept one job: store it as PENDING, then publish it. A known key replays its job.

    `about` is an object of any model, or its reference such as "shop.order:17". A caller from the
    admin or the API must be allowed to view it.

    Inside `transaction.atomic` the job is part of the transaction: a rollback leaves nothing, and
    the job is published at the commit. If the broker is down then, upkeep publishes it later, and
    BrokerUnavailable is not raised.

    Raises: UnknownJobType, NotPermitted, InvalidName, InvalidParams, InvalidAbout, AlreadyActive,
    KeyReused: nothing was stored. BrokerUnavailable, DatabaseUnavailable: no row stays, and the job
    never runs. OutcomeUnknown.
    """
    launch = Launch(name, type, params or {}, about)
    submission = submission_of(caller, idempotency_key, "submit", [launch])
    if found := submission.replay():
        return Submitted(found[0], replayed=True)
    jobs, replayed = submission.accept([new_job(caller, launch)])
    return Submitted(jobs[0], replayed)


def submit_batch(
    caller: Caller, items: Sequence[Launch], *, idempotency_key: str | None = None
) -> SubmittedBatch:
    """Accept all items or none; the jobs have the order of the items and one batch_id.

    Raises: InvalidBatch, and what `submit` raises.
    """
    submission = submission_of(caller, idempotency_key, "batch", items)
    if found := submission.replay():
        return SubmittedBatch(found, replayed=True)
    return submission.accept(_new_batch(caller, items))


def check(caller: Caller, launch: Launch) -> None:
    """Check a launch without storing anything.

    Raises: what `submit` raises about the launch itself.
    """
    new_job(caller, launch)


def chosen_type(name: str, type: str | None) -> JobType:
    """The type of a launch: `type` if given, else the one labelled `name`, else the default.

    Raises: UnknownJobType; InvalidName if there is neither.
    """
    if type is not None:
        return registry.get(type)
    if not name:
        raise InvalidName("Give a name, a type, or both.")
    return registry.by_label(name) or registry.get(settings.JOBS_DEFAULT_TYPE)


def new_job(
    caller: Caller,
    launch: Launch,
    original: Job | None = None,
    objects: LaunchObjects | None = None,
    uploads: LaunchUploads | None = None,
) -> Job:
    """The job of a launch, not yet stored; the launch's params update those of `original`.

    `objects` and `uploads` are those of all launches of a batch.

    Raises: what `submit` raises about the launch itself.
    """
    job_type = chosen_type(launch.name, launch.type)
    check_launch(caller, job_type)
    if launch.name and (error := name_error(launch.name)):
        raise InvalidName(error)
    find = (uploads or LaunchUploads(caller, [launch])).finder(original)
    kept = None if original is None else original.params
    params = parameters.validate(job_type, launch.params, kept, user=caller.user, find=find)
    check_launch(caller, job_type, params)
    objects = objects or LaunchObjects(caller, [launch])
    columns = {
        "id": uuid7(),
        "name": composed(launch.name) or job_type.label,
        "type": job_type.slug,
        "params": params,
        "queue": job_type.queue,
        "created_by_id": caller.user and caller.user.pk,
        "created_by_name": caller.name,
        "source": str(caller.source),
        "token_id": caller.token_id,
        "token_name": caller.token_name,
        "request_id": caller.request_id,
        "traceparent": caller.traceparent,
        "idempotency_key": None,
        "request_hash": "",
        "batch_id": None,
        "rerun_of_id": None,
        "parent_id": caller.parent_id,
        **objects.columns(launch.about),
        "unique_while_active": job_type.unique_while_active,
    }
    # Job() would set all columns, one by one: a tenth of what a job of a batch costs.
    return Job.from_db(None, columns.keys(), columns.values())


def _new_batch(caller: Caller, items: Sequence[Launch]) -> list[Job]:
    batch_id = uuid7()
    objects, uploads = LaunchObjects(caller, items), LaunchUploads(caller, items)
    jobs: list[Job] = []
    errors: dict[int, Refused] = {}
    for index, item in enumerate(items):
        try:
            job = new_job(caller, item, objects=objects, uploads=uploads)
            if job.unique_while_active and job.type in {one.type for one in jobs}:
                raise AlreadyActive
            job.batch_id = batch_id
            jobs.append(job)
        except Refused as error:
            errors[index] = error
    if errors:
        raise InvalidBatch(errors)
    return jobs


def submission_of(
    caller: Caller, key: str | None, kind: str, launches: Sequence[Launch]
) -> Submission:
    """The request of that kind; only one with a key needs the digest of its content."""
    return Submission(caller, key, "" if key is None else _request_digest(kind, launches))


def _request_digest(kind: str, launches: Sequence[Launch]) -> str:
    """The SHA-256 of the request, which tells a batch of one from a single job."""
    plain = [kind, *([one.name, one.type, dict(one.params), *_about(one)] for one in launches)]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def _about(launch: Launch) -> list[str]:
    """Nothing without an object: earlier versions stored digests without it."""
    return [] if launch.about is None else [about_text(launch.about)]
