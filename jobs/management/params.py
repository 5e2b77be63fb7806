"""The params of a job on a command line: `--param name=value` and `--params JSON`."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management import CommandError

from jobs import parameters
from jobs.registry import JobType


def add_param_arguments(parser: ArgumentParser) -> None:
    """Add the options `--param`, which may be repeated, and `--params`."""
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one parameter; lists and objects as JSON. May be repeated",
    )
    parser.add_argument("--params", default="{}", help="all parameters as a JSON object")


def read_params(job_type: JobType, pairs: Sequence[str], text: str) -> dict[str, Any]:
    """Return the params of both options; a pair replaces the same name of the object.

    Raises: CommandError.
    """
    return _object(text) | dict(_pair(job_type, one) for one in pairs)


def _pair(job_type: JobType, pair: str) -> tuple[str, Any]:
    name, equals, text = pair.partition("=")
    if not equals:
        raise CommandError(f"--param {pair} has no =. Write --param NAME=VALUE.")
    field = job_type.form.base_fields.get(name)
    if field is None or parameters.json_type(field).schema.get("type") == "string":
        return name, text
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text  # the form says what it expects


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--params is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CommandError("--params must be a JSON object.")
    return value
