"""Reads the query of a request, strictly: what we do not understand is a 400 and never ignored."""

from collections.abc import Collection

from rest_framework.request import Request

from jobs.api.http.problems import Problem, query_error, refused


def bad_value(parameter: str, detail: str) -> Problem:
    """The answer to a query parameter whose value means nothing."""
    return refused([query_error(parameter, detail, "invalid")])


def allow_only(
    request: Request, allowed: Collection[str] = (), *, repeated: Collection[str] = ()
) -> None:
    """Check the names of the parameters: only those `allowed`, once each unless `repeated`, none empty.

    Raises: Problem (400), with every error found.
    """
    words = f"allowed: {', '.join(allowed)}" if allowed else "none is allowed here"
    errors = []
    for name, values in request.query_params.lists():
        if name not in allowed:
            errors.append(query_error(name, f"This parameter is not known; {words}.", "unknown"))
        elif len(values) > 1 and name not in repeated:
            errors.append(query_error(name, "This parameter may be given once.", "repeated"))
        elif not all(values):
            errors.append(query_error(name, "This parameter may not be empty.", "blank"))
    if errors:
        raise refused(errors)


def whole_number(
    request: Request, name: str, *, default: int, least: int = 0, most: int | None = None
) -> int:
    """The value of a parameter; without `most`, one beyond PostgreSQL's integers counts as the largest of them.

    Raises: Problem (400).
    """
    text = request.query_params.get(name, str(default))
    number = int(text.lstrip("0")[:20] or "0") if text.isascii() and text.isdigit() else -1
    if number < least or (most is not None and number > most):
        limits = f"from {least}" + ("" if most is None else f" to {most}")
        raise bad_value(name, f"Must be a whole number {limits}.")
    return min(number, 2**31 - 1)


def flag(request: Request, name: str) -> bool:
    """Whether a parameter says true; absent is false.

    Raises: Problem (400).
    """
    text = request.query_params.get(name, "false")
    if text not in ("true", "false"):
        raise bad_value(name, "Must be true or false.")
    return text == "true"
