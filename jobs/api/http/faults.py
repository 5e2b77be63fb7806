"""Reads a request as a whole, so that one answer names every fault of its query, headers, body and params."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer

from jobs import services
from jobs.api.http.problems import as_problem, refusals, refused
from jobs.errors import Invalid
from jobs.safe_text import name_error
from jobs.services import Caller, Launch


class Faults:
    """Runs the checks of one request, and keeps the errors of those that fail."""

    def __init__(self) -> None:
        self.errors: list[dict[str, str]] = []

    def check(self, read: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """What `read` returns; None if it finds errors.

        Raises: what `read` raises, unless that means a problem with a list of errors.
        """
        try:
            return read(*args, **options)
        except Exception as error:
            problem = as_problem(error)
            if problem is None or not problem.errors:
                raise
            self.errors += problem.errors
            return None

    def add(self, errors: Iterator[dict[str, str]]) -> None:
        """Keep those of `errors` whose pointer has no error yet."""
        known = {error.get("pointer") for error in self.errors}
        self.errors += [error for error in errors if error["pointer"] not in known]

    def refuse(self) -> None:
        """Raises: Problem (400 or 413) with every error found, if there is one."""
        if self.errors:
            raise refused(self.errors)


def body(request: Request, serializer: type[Serializer[Any]]) -> Any:
    """The validated body.

    Raises: ValidationError.
    """
    wanted = serializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    return wanted.validated_data


def launch_errors(caller: Caller, data: Any) -> Iterator[dict[str, str]]:
    """The errors of types and params in a body (of one job or a batch) that has other faults already."""
    jobs = data.get("jobs") if isinstance(data, Mapping) else None
    items = (
        [("", data)]
        if not isinstance(jobs, list)
        else [(f"/jobs/{i}", one) for i, one in enumerate(jobs)]
    )
    for pointer, item in items:
        if launch := _launch(item):
            yield from _errors_of(pointer, services.check, caller, launch)


def rerun_errors(caller: Caller, job_id: Any, data: Any) -> Iterator[dict[str, str]]:
    """The errors of the params in the body of a rerun that has other faults already."""
    params = data.get("params") if isinstance(data, Mapping) else None
    if isinstance(params, dict):
        yield from _errors_of("", services.check_rerun, caller, job_id, params)


def _launch(item: Any) -> Launch | None:
    """Return what the item would launch; None if it is too faulty to tell."""
    if not isinstance(item, Mapping):
        return None
    name, kind, params = item.get("name"), item.get("type"), item.get("params", {})
    named = isinstance(name, str) and bool(name) and not name_error(name)
    if not isinstance(params, dict) or not (
        isinstance(kind, str) or (named and "type" not in item)
    ):
        return None
    return Launch(str(name) if named else "", kind, params)


def _errors_of(pointer: str, check: Callable[..., None], *args: Any) -> Iterator[dict[str, str]]:
    try:
        check(*args)
    except Invalid as error:
        yield from refusals(error, pointer)
    except (
        Exception
    ) as error:  # what else is wrong, such as a missing permission, is said once this is right
        if as_problem(error) is None:
            raise
