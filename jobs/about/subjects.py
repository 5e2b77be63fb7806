"""What a reader sees of the object that a job is about, and the jobs about one object."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from jobs.about.reference import Reference, parse_reference, reference_in
from jobs.about.viewing import (
    Viewable,
    admins_of,
    by_model,
    existing_keys,
    may_view_model,
    request_of,
    viewable_objects,
)
from jobs.models import Job, JobQuerySet
from jobs.safe_text import isolated


@dataclass(frozen=True)
class Subject:
    """The object of a job: its name, its page in the admin, and its reference as text.

    All are "" if the reader may not view it; without a page or once deleted, `url` is "".
    """

    name: str = ""
    url: str = ""
    reference: str = ""
    is_deleted: bool = False


HIDDEN = Subject()


def subjects_of(
    user: Any, jobs: Iterable[Job], request: HttpRequest | None = None
) -> dict[UUID, Subject]:
    """The subject of each job that is about an object, by the job's id.

    One query for each model, and one more if objects of it are not shown.
    """
    about = {job: reference for job in jobs if (reference := reference_in(job))}
    if not about:
        return {}
    viewable = viewable_objects(user, about.values(), request)
    hidden = {one for one in about.values() if one not in viewable}
    deleted = _deleted(hidden)
    known = {one for one in deleted if _may_know_all(user, deleted[one], request)}
    return {
        job.id: _subject(
            job,
            reference,
            viewable.get(reference),
            knows=reference in known or (reference in deleted and _is_requester(user, job)),
        )
        for job, reference in about.items()
    }


def named_subject(user: Any, text: str, request: HttpRequest | None = None) -> Subject | None:
    """The subject of a reference such as `shop.order:17`; None if `user` may not view it."""
    reference = parse_reference(text)
    seen = viewable_objects(user, [reference], request).get(reference) if reference else None
    if reference is None or seen is None:
        return None
    return Subject(isolated(str(seen.instance)), seen.url, reference.text)


def jobs_about(user: Any, jobs: JobQuerySet, reference: Reference) -> JobQuerySet:
    """Those of `jobs` that are about an object; none if `user` may not view it.

    Of a deleted object that the user might not have been shown, only the user's own jobs.
    """
    found = jobs.filter(about_type=reference.type_id, about_key=reference.key)
    if user is None or viewable_objects(user, [reference]):
        return found
    deleted = _deleted({reference})
    if not deleted:
        return jobs.none()
    return found if _may_know_all(user, deleted[reference], None) else found.filter(created_by=user)


def _subject(job: Job, reference: Reference, seen: Viewable | None, *, knows: bool) -> Subject:
    if seen is not None:
        return Subject(isolated(str(seen.instance)), seen.url, reference.text)
    if knows:
        return Subject(isolated(job.about_name), reference=reference.text, is_deleted=True)
    return HIDDEN


def _is_requester(user: Any, job: Job) -> bool:
    return user is not None and job.created_by_id == user.pk


def _deleted(references: Iterable[Reference]) -> dict[Reference, type[Model] | None]:
    """Those of the references whose object, or model, no longer exists; each with its model."""
    found: dict[Reference, type[Model] | None] = {}
    for model, wanted in by_model(references):
        present = existing_keys(model, wanted) if model else set()
        found |= {one: model for key, one in wanted.items() if key not in present}
    return found


def _may_know_all(user: Any, model: type[Model] | None, request: HttpRequest | None) -> bool:
    """Whether the user was shown every object of the model, so that deleted ones may be named.

    An admin that limits its rows in a way of its own can no longer say who was shown this one.
    """
    if user is None or user.is_superuser:
        return True
    if model is None:
        return False
    model_admins = admins_of(model)
    if not model_admins:
        return may_view_model(user, model)
    request = request or request_of(user)
    return any(
        one.has_view_permission(request) for one in model_admins if not _limits_rows(type(one))
    )


def _limits_rows(kind: "type[admin.ModelAdmin[Any]]") -> bool:
    plain = admin.ModelAdmin
    return (
        kind.get_queryset is not plain.get_queryset
        or kind.has_view_permission is not plain.has_view_permission
    )
