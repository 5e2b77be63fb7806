"""Checks the options of @job_type, so that a wrong one fails at the start, not in a job."""

import inspect
import math
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from django.forms import BaseForm

from jobs.safe_text import NAME_LIMIT, name_error

SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
QUEUE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
PERMISSION = re.compile(r"\w+\.\w+")
# An extension or a media type, as the attribute `accept` of HTML takes them.
FILE_KIND = re.compile(r"\.[\w.+-]{1,20}|[\w.+-]{1,60}/(\*|[\w.+-]{1,60})", re.ASCII)
DESCRIPTION_LIMIT = 1_000
DURATION_LIMIT = 365 * 24 * 3600  # seconds
ATTEMPTS_LIMIT = 1_000
RUNNING_LIMIT = 10_000
UPLOAD_LIMIT = 2**63 - 1  # bytes
LABEL_ADVICE = (
    f"Give one line of at most {NAME_LIMIT} characters, some of them visible, "
    "and no spaces around it."
)
DAYS_LIMIT = 36_500  # a date after the year 9999 cannot be shown


def problems(options: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each wrong option: type, option, value, and what to give instead."""
    slug = options.get("slug")
    return [
        f"Job type {slug!r}: {name} is {_short_repr(options[name])}. {advice}"
        for name, (is_right, advice) in RULES.items()
        if name in options and not is_right(options[name])
    ]


def unknown_or_missing(
    options: Mapping[str, Any], known: set[str], required: set[str]
) -> list[str]:
    """Return a sentence for each option that @job_type does not have, and each missing one."""
    about = f"Job type {options.get('slug')!r}"
    unknown = [
        f"{about}: @job_type has no option {name}. {_option_meant(name, known)}"
        for name in sorted(options.keys() - known)
    ]
    return unknown + [
        f"{about}: the option {name} is missing. {RULES[name][1]}"
        for name in sorted(required - options.keys())
    ]


def _option_meant(name: str, known: set[str]) -> str:
    if close := get_close_matches(name, known, n=1):
        return f"Did you mean {close[0]}?"
    return f"It has: {', '.join(sorted(known))}."


def _short_repr(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip() and not name_error(value)


def _is_description(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= DESCRIPTION_LIMIT


def _is_form(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseForm)


def _is_handler(value: Any) -> bool:
    """Return whether calling `value` does the work: it is no class, coroutine or generator."""
    is_callable = callable(value) and not inspect.isclass(value)
    return is_callable and not (_is_lazy(value) or _is_lazy(type(value).__call__))


def _is_lazy(function: Any) -> bool:
    kinds = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    return any(is_kind(function) for is_kind in kinds)


def _takes_params(value: Any) -> bool:
    if value is None or not callable(value):
        return value is None
    try:
        inspect.signature(value).bind({})
    except TypeError:
        return False
    except ValueError:  # a function in C without a signature
        return True
    return not _is_lazy(value)


def _is_number(value: Any, least: float, most: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and least <= value <= most


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and _is_number(value, least, most)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _are_names(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(one, str) for one in value)


def _are_kinds(value: Any) -> bool:
    return _are_names(value) and all(FILE_KIND.fullmatch(one) for one in value)


# The test of each option, and the advice if it fails.
RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "slug": (
        _matches(SLUG),
        "Use lower-case letters, digits and _, a letter first, at most 64 characters.",
    ),
    "label": (
        _is_label,
        LABEL_ADVICE,
    ),
    "description": (
        _is_description,
        f"Say in one sentence what its jobs do, in at most {DESCRIPTION_LIMIT:,} characters.",
    ),
    "form": (
        _is_form,
        "Give a form class and do not call it: form=MyForm for class MyForm(forms.Form).",
    ),
    "run": (
        _is_handler,
        "A handler is a plain function that returns a dict or None: def, without async and yield.",
    ),
    "queue": (_matches(QUEUE), "Use letters, digits, '.', '_' and '-', at most 100 characters."),
    "permission": (
        lambda value: value is None or _matches(PERMISSION)(value),
        "Give a permission such as 'auth.view_user', or None.",
    ),
    "permission_for": (
        _takes_params,
        "Give a function of the params that returns a permission or None.",
    ),
    "time_limit": (
        lambda value: _is_number(value, math.ulp(0.0), DURATION_LIMIT),
        f"Give a number of seconds above 0, at most {DURATION_LIMIT:,}, such as time_limit=600.",
    ),
    "cancel_grace": (
        lambda value: _is_number(value, 0, DURATION_LIMIT),
        f"Give a number of seconds from 0 to {DURATION_LIMIT:,}, such as cancel_grace=10.",
    ),
    "max_attempts": (
        lambda value: _is_whole(value, 1, ATTEMPTS_LIMIT),
        f"Give a whole number from 1 to {ATTEMPTS_LIMIT:,}.",
    ),
    "unique_while_active": (_is_bool, "Give True or False."),
    "max_running": (
        lambda value: value is None or _is_whole(value, 1, RUNNING_LIMIT),
        f"Give a whole number from 1 to {RUNNING_LIMIT:,}, or None.",
    ),
    "max_running_by": (
        lambda value: isinstance(value, str),
        "Give the name of a parameter, such as max_running_by='customer'.",
    ),
    "retention_days": (
        lambda value: _is_whole(value, 0, DAYS_LIMIT),
        f"Give a whole number of days from 0 to {DAYS_LIMIT:,}.",
    ),
    "secret_fields": (
        _are_names,
        "Give a tuple of names of fields, such as secret_fields=('password',).",
    ),
    "upload_limit": (
        lambda value: value is None or _is_whole(value, 1, UPLOAD_LIMIT),
        "Give a number of bytes, such as 50 * 1024**2, or None.",
    ),
    "upload_kinds": (
        _are_kinds,
        "Give a tuple of extensions and media types, such as ('.csv', 'text/csv', 'image/*').",
    ),
    "group": (lambda value: value == "" or _is_label(value), LABEL_ADVICE),
    "is_maintenance": (_is_bool, "Give True or False."),
    "from_list": (_is_bool, "Give True or False."),
}
