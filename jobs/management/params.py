"""The params of a job on a command line: `--param name=value` and `--params JSON`."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.forms import Field, FileField

from jobs import parameters
from jobs.registry import JobType


def add_param_arguments(parser: ArgumentParser) -> None:
    """Add the options `--param`, which may be repeated, and `--params`."""
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one parameter; lists and objects as JSON, a file as NAME=@PATH. May be repeated",
    )
    parser.add_argument("--params", default="{}", help="all parameters as a JSON object")


def read_params(
    job_type: JobType, pairs: Sequence[str], text: str, user: Any = None
) -> dict[str, Any]:
    """Return the params of both options, for `user`; a pair replaces one name of the object.

    A file is a Path.
    Raises: CommandError.
    """
    fields = parameters.make_form(job_type, user).fields if pairs else {}
    return _object(text) | dict(_pair(fields, one) for one in pairs)


def _pair(fields: Mapping[str, Field], pair: str) -> tuple[str, Any]:
    name, equals, text = pair.partition("=")
    if not equals:
        raise CommandError(f"--param {pair} has no =. Write --param NAME=VALUE.")
    field = fields.get(name)
    if isinstance(field, FileField) and text.startswith("@"):
        return name, _path(name, text[1:])
    if field is None or parameters.json_type(field).schema.get("type") == "string":
        return name, text
    try:
        return name, json.loads(text)
    except (ValueError, RecursionError):
        return name, text  # the form says what it expects


def _path(name: str, text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise CommandError(f"--param {name}: there is no file {text}.")
    return path


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"--params is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CommandError("--params must be a JSON object.")
    return value
