"""The base view, and strict reading of a request: one 400 names all of its faults."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NoReturn
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, transaction
from django.http import Http404
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from jobs import access, lifecycle
from jobs.api.http.callers import CallerThrottle, TokenAuthentication
from jobs.api.http.error_entries import header_error, query_error
from jobs.api.http.json_format import OneFormatNegotiation, StrictJSONParser, UTCRenderer
from jobs.api.http.problems import Problem, as_problem, exception_handler, invalid_request
from jobs.filters import REPEATED
from jobs.models import Job, Source
from jobs.services import Caller, caller_of

VALID_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Faults:
    """Runs the checks of one request and collects the errors of those that fail."""

    def __init__(self) -> None:
        self.errors: list[dict[str, str]] = []

    def check(self, read: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Return what `read` returns; None if it finds errors.

        Raises: what `read` raises, unless that is a problem with a list of errors.
        """
        try:
            return read(*args, **options)
        except Exception as error:
            problem = as_problem(error)
            if problem is None or not problem.errors:
                raise
            self.errors += problem.errors
            return None

    def add(self, errors: Iterable[dict[str, str]]) -> None:
        """Add those of `errors` whose pointer or parameter has no error yet."""
        known = {_place(error) for error in self.errors}
        self.errors += [error for error in errors if _place(error) not in known]

    def refuse(self) -> None:
        """Raises: Problem (400 or 413) with every error found, if there is one."""
        if self.errors:
            raise invalid_request(self.errors)


def _place(error: Mapping[str, str]) -> tuple[str | None, str | None]:
    return error.get("pointer"), error.get("parameter")


class ApiView(APIView):
    """The base of all views: it refuses unknown query parameters.

    It names what DRF otherwise takes from REST_FRAMEWORK, whose values are those of the site's own
    API.

    `parameters` maps methods to the query parameters that they take. Such a method reads on with
    `self.faults` and then calls `self.faults.refuse()`, so that one answer names every fault. All
    other methods take no parameters: their requests are refused before they are called.
    """

    # OPTIONS is a 405, as the schema says more; so it must not stand in Allow.
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated]
    renderer_classes = [UTCRenderer]
    parser_classes = [StrictJSONParser]
    throttle_classes = [CallerThrottle]
    content_negotiation_class = OneFormatNegotiation
    metadata_class = None
    versioning_class = None
    schema = AutoSchema()
    parameters: Mapping[str, Sequence[str]] = {}
    nothing_done = "Nothing was changed."  # what a 503 says that certainly had no effect
    faults: Faults

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.faults = Faults()
        if request.method not in self.allowed_methods:
            return  # a 405 follows
        method = "GET" if request.method == "HEAD" else request.method
        self.faults.check(_check_names, request, self.parameters.get(method, ()))
        if method not in self.parameters:
            self.faults.refuse()

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises: MethodNotAllowed, which names the methods of the address."""
        method = str(request.method)
        detail = f"{method} is not allowed here; allowed: {', '.join(self.allowed_methods)}."
        raise MethodNotAllowed(method, detail)

    @classmethod
    def as_view(cls, **options: Any) -> Any:
        """Return the view, which runs outside of the transaction of ATOMIC_REQUESTS.

        Inside it a submission would be accepted although Redis is away.
        """
        return transaction.non_atomic_requests(super().as_view(**options))

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return the function that turns an exception into a problem."""
        return exception_handler

    @property
    def caller(self) -> Caller:
        """The caller as the services know them."""
        return caller_of(self.request, Source.API)

    def visible_job(self, id: UUID, *, brief: bool = False) -> Job:
        """The job, if the caller may see it; `brief` leaves out the large columns.

        Raises: Http404 if the job does not exist or the caller may not see it.
        """
        if brief:
            found = Job.objects.filter(id=id).without_large().first()
        else:
            found = lifecycle.find_job(id, using=DEFAULT_DB_ALIAS)
        if found is None or not access.may_see(self.request.user, found):
            raise Http404
        return found


def _check_names(request: Request, allowed: Collection[str]) -> None:
    """Raises: Problem (400) for parameters that are unknown, empty, or repeated without need."""
    hint = f"allowed: {', '.join(allowed)}" if allowed else "none is allowed here"
    errors = []
    for name, values in request.query_params.lists():
        if name not in allowed:
            errors.append(query_error(name, f"This parameter is not known; {hint}.", "unknown"))
        elif len(values) > 1 and name not in REPEATED:
            errors.append(query_error(name, "This parameter may be given once.", "repeated"))
        elif not all(values):
            errors.append(query_error(name, "This parameter may not be empty.", "blank"))
    if errors:
        raise invalid_request(errors)


def invalid_parameter(name: str, detail: str) -> Problem:
    """The 400 for a query parameter with a value that is not valid."""
    return invalid_request([query_error(name, detail, "invalid")])


def read_integer(
    request: Request, name: str, *, default: int, least: int = 0, most: int | None = None
) -> int:
    """The value of a query parameter, from `least` to `most`.

    Without `most`, a number beyond PostgreSQL's integers becomes the largest of them.
    Raises: Problem (400).
    """
    text = request.query_params.get(name, str(default))
    number = int(text.lstrip("0")[:20] or "0") if text.isascii() and text.isdigit() else -1
    if number < least or (most is not None and number > most):
        limits = f"from {least}" + ("" if most is None else f" to {most}")
        raise invalid_parameter(name, f"Must be a whole number {limits}.")
    return min(number, 2**31 - 1)


def read_flag(request: Request, name: str) -> bool:
    """Whether a query parameter is true; false without it.

    Raises: Problem (400).
    """
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise invalid_parameter(name, "Must be true or false.")
    return text == "true"


def read_key(request: Request) -> str | None:
    """The Idempotency-Key of the request; None without one.

    Raises: Problem (400).
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")  # `headers` copies every header
    if key is not None and not VALID_KEY.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 visible ASCII characters."
        raise invalid_request([header_error("Idempotency-Key", detail, "invalid")])
    return key


def read_body(request: Request, serializer: type[Serializer[Any]]) -> Any:
    """The validated body.

    Raises: ValidationError.
    """
    try:
        return _reader(serializer).run_validation(request.data)
    except ValidationError:
        serializer(data=request.data).is_valid(raise_exception=True)  # DRF completes the errors
        raise


@cache
def _reader(serializer: type[Serializer[Any]]) -> Serializer[Any]:
    """A serializer without data, whose fields are copied once: `run_validation` leaves no trace."""
    return serializer()
