"""The uploads that launches name: those that their caller sent, in one query for all of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from jobs import access, lifecycle, parameters
from jobs.errors import InvalidParams, ParamError
from jobs.models import Job, Upload
from jobs.services.caller import Caller
from jobs.uploads import FindUpload, UploadFile, parse_id, stored_file, upload_ids


class HasParams(Protocol):
    """A launch."""

    @property
    def params(self) -> Mapping[str, Any]:
        """Its params as the caller sent them."""


class LaunchUploads:
    """Finds uploads for some launches of one caller; nothing is read before the first one.

    `parent` returns the job whose handler launches them: they may have its uploads too.
    """

    def __init__(
        self,
        caller: Caller,
        launches: Iterable[HasParams],
        parent: Callable[[], Job] | None = None,
    ) -> None:
        self._caller, self._launches, self._parent = caller, launches, parent

    def finder(self, original: Job | None = None) -> FindUpload:
        """Return what finds the caller's uploads, and those that the caller may read of `original`.

        That is the job that is launched again.
        """

        def find(id: str) -> UploadFile | None:
            if (upload_id := parse_id(id)) is None:
                return None
            upload = self._own.get(upload_id) or self._of_others(upload_id, original)
            return stored_file(upload) if upload else None

        return find

    def _of_others(self, upload_id: UUID, original: Job | None) -> Upload | None:
        """Return an upload that the original or the parent has, by its row and not by its params.

        A caller may have written any id into a text among the params.
        """
        shared = [] if original is None else [access.job_uploads(self._caller.user, original)]
        if self._parent is not None:
            shared.append(self._parent().uploads.all())
        found = (uploads.filter(id=upload_id).first() for uploads in shared)
        return next(filter(None, found), None)

    @cached_property
    def _own(self) -> Mapping[UUID | None, Upload]:
        named = {parse_id(value) for one in self._launches for value in one.params.values()}
        return access.own_uploads(self._caller.user).in_bulk(named - {None})


def take_launched_uploads(jobs: Sequence[Job]) -> None:
    """Give jobs their uploads, in the transaction that has stored them.

    Raises: InvalidParams if an upload was deleted since it was found.
    """
    by_job = {job.id: found for job in jobs if (found := upload_ids(job.params))}
    if not by_job:
        return
    links = [(job_id, one) for job_id, found in by_job.items() for one in found.values()]
    if gone := lifecycle.take_uploads(links):
        lost = {name for found in by_job.values() for name, one in found.items() if one in gone}
        message = parameters.NO_SUCH_UPLOAD
        raise InvalidParams([ParamError(name, message, "unknown_upload") for name in sorted(lost)])
