"""A wrong option of @job_type stops the start; the error names type, option, value and fix."""

import functools
import math

import pytest
from django import forms

from jobs import registry
from jobs.registry import job_type


class NoParams(forms.Form):
    """No parameters."""


RIGHT = {"slug": "nightly", "label": "Nightly", "description": "Runs at night.", "form": NoParams}


def handler(job):
    return None


async def awaited(job):
    return None


def yielding(job):
    yield


async def yielding_awaited(job):
    yield


class Callable:
    async def __call__(self, job):
        return None


class Plain:
    def __call__(self, job):
        return None

    def method(self, job):
        return None


def register(run=handler, **options):
    try:
        job_type(**RIGHT | options)(run)
    finally:
        registry.unregister(str(options.get("slug", "nightly")))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[
            ("time_limit", value)
            for value in ("600", 0, -1, True, math.nan, math.inf, None, 10**9, [600])
        ],
        *[("cancel_grace", value) for value in ("10", -1, False, math.nan, math.inf, None)],
        *[("max_attempts", value) for value in ("3", 0, -1, True, 1.5, None, 10**9)],
        *[("retention_days", value) for value in ("30", -1, True, 1.5, None, 10**9)],
        *[("unique_while_active", value) for value in ("yes", 1, None)],
        *[("is_maintenance", value) for value in ("yes", 1, None)],
        *[("from_list", value) for value in ("yes", 1, None)],
        *[("group", value) for value in (" ", " Sales", "Sal\nes", "x" * 201, None, 7)],
        *[("queue", value) for value in ("a b", "", " ", "a,b", "a\nb", "q" * 101, "ü", None, 7)],
        *[
            ("permission", value)
            for value in ("", "view_user", "auth.view user", "a.b.c", 7, ("auth.view_user",))
        ],
        *[
            ("permission_for", value)
            for value in ("auth.view_user", lambda: None, lambda a, b: None, awaited, 7)
        ],
        *[
            ("label", value)
            for value in ("", " ", " Nightly", "Night\nly", "\u200b", "x" * 201, None, 7)
        ],
        *[("description", value) for value in ("", "  ", "\n", "x" * 1001, None, 7)],
        *[
            ("slug", value)
            for value in ("", "Nightly", "night ly", "1st", "näch", "x" * 65, "a-b", None, 7)
        ],
        *[
            ("form", value)
            for value in (None, NoParams(), forms.CharField, "NoParams", lambda: NoParams())
        ],
        *[
            ("secret_fields", value)
            for value in ("password", b"password", None, 7, (7,), {"password"})
        ],
    ],
)
def test_a_wrong_value_is_refused_with_its_type_and_what_to_give_instead(option, value):
    with pytest.raises(ValueError, match="Job type") as refused:
        register(**{option: value})
    [message] = str(refused.value).splitlines()
    slug = value if option == "slug" else "nightly"
    assert message.startswith(f"Job type {slug!r}: {option} is {repr(value)[:100]}")
    assert message.endswith(".")
    assert registry.find("nightly") is None


@pytest.mark.parametrize(
    "run",
    [
        awaited,
        yielding,
        yielding_awaited,
        functools.partial(awaited),
        functools.partial(yielding),
        Callable(),
        Plain,
        None,
        "run",
        7,
    ],
)
def test_a_handler_that_would_do_nothing_when_called_is_refused(run):
    with pytest.raises(
        ValueError, match=r"^Job type 'nightly': run is .*A handler is a plain function"
    ):
        register(run)


@pytest.mark.parametrize(
    "run", [handler, lambda job: None, functools.partial(handler), Plain(), Plain().method]
)
def test_whatever_can_be_called_and_returns_is_a_handler(run):
    register(run)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("time_limit", 0.5),
        ("time_limit", 3600),
        ("cancel_grace", 0),
        ("retention_days", 0),
        ("max_attempts", 3),
        ("queue", "slow-jobs.eu_1"),
        ("label", "Größe prüfen"),
        ("permission", "auth.view_user"),
        ("permission_for", lambda params: None),
        ("secret_fields", ["password"]),
    ],
)
def test_a_right_value_is_taken(option, value):
    register(**{option: value})


def test_every_wrong_option_is_named_at_once():
    with pytest.raises(ValueError, match="nightly") as refused:
        register(time_limit="600", queue="a b", label="")
    lines = str(refused.value).splitlines()
    assert [line.split()[3] for line in lines] == ["label", "queue", "time_limit"]


def test_an_option_that_does_not_exist_is_refused_by_its_name():
    with pytest.raises(
        ValueError,
        match=r"^Job type 'nightly': .* no option timelimit\. Did you mean time_limit\?$",
    ):
        register(timelimit=5)


def test_an_option_that_resembles_none_is_answered_with_all_of_them():
    with pytest.raises(ValueError, match=r"no option cron\. It has: cancel_grace, description,"):
        register(cron="* * * * *")


def test_a_missing_option_is_named():
    with pytest.raises(ValueError, match="nightly") as refused:
        job_type(slug="nightly")(handler)
    lines = str(refused.value).splitlines()
    for line, name in zip(lines, ("description", "form", "label"), strict=True):
        assert line.startswith(f"Job type 'nightly': the option {name} is missing. ")
    assert "form=MyForm" in lines[1]


@pytest.mark.parametrize(
    ("unnamed", "about"), [(handler, "handler"), ("nightly", "'nightly'"), (NoParams, "NoParams")]
)
def test_options_without_names_are_refused_with_how_to_write_them(unnamed, about):
    with pytest.raises(ValueError, match=r"Write @job_type\(slug=") as refused:
        job_type(unnamed)
    assert str(refused.value).startswith(f"Job type of {about}: ")


def test_a_label_that_is_taken_is_named_with_the_type_that_has_it():
    with pytest.raises(
        ValueError, match=r"Job type 'nightly': .*'GENERATE report', is taken by .*'report'"
    ):
        register(label="GENERATE report")
