"""Trace which of our files one request runs through, in the order in which it enters them.

A file of jobs/ or backoffice/ counts if at least one of its functions runs. Imports, caches and
lazy set-up do not count: each journey is made twice, and the second one is traced.
"""

import json
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from jobs.models import ApiToken, Job
from tests.support import people
from tests.support.factories import make_jobs, make_worker

ROOT = Path(__file__).resolve().parents[2]
COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
OURS = tuple(f"{ROOT / name}/" for name in ("jobs", "backoffice"))


@dataclass
class Journey:
    """The functions of ours that a block runs, as (file, function), in order of first entry.

    Comprehensions are left out: from Python 3.12 on, most of them are no functions.
    """

    steps: list[tuple[str, str]] = field(default_factory=list)
    _seen: set[CodeType] = field(default_factory=set)

    def __enter__(self) -> "Journey":
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event != "call" or code in self._seen or not code.co_filename.startswith(OURS):
            return
        self._seen.add(code)
        if code.co_name not in COMPREHENSIONS:
            name = code.co_qualname.replace("<locals>.", "")
            self.steps.append((str(Path(code.co_filename).relative_to(ROOT)), name))

    def files(self) -> dict[str, list[str]]:
        """The functions that ran in each file."""
        found: dict[str, list[str]] = {}
        for file, function in self.steps:
            found.setdefault(file, []).append(function)
        return found

    def visits(self) -> list[str]:
        """The files to open when one reads the functions in order; a file can come up again."""
        return [file for file, _ in groupby(file for file, _ in self.steps)]


def submission() -> Journey:
    """POST /api/v1/jobs/ {"name": "Generate report"}, with a token, while a worker is there."""
    make_worker()
    _, token = ApiToken.objects.create(people.launcher(), name="journey")
    client = Client(HTTP_AUTHORIZATION=f"Token {token}")
    body = json.dumps({"name": "Generate report"})

    def post() -> None:
        answer = client.post("/api/v1/jobs/", body, content_type="application/json")
        assert answer.status_code == 201, answer.content

    return second(post)


def bulk_cancel(count: int = 300) -> Journey:
    """The click that confirms that all of `count` waiting jobs are to be cancelled."""
    make_worker()
    client = people.sign_in(Client(), people.operator())
    address = reverse("admin:jobs_job_changelist")

    def question() -> dict[str, list[str]]:
        jobs = make_jobs(count)
        ticked = {"action": "cancel", ACTION_CHECKBOX_NAME: [str(jobs[0].pk)], "select_across": 1}
        return hidden_fields(client.post(address, ticked).content.decode())

    def confirm(form: dict[str, list[str]]) -> None:
        answer = client.post(address, form)
        assert answer.status_code == 302, answer.content
        assert not Job.objects.exclude(status="CANCELLED").exists()

    return second(confirm, question)


def second(act: Callable[..., None], prepare: Callable[[], Any] | None = None) -> Journey:
    """Run `act` twice, with what `prepare` returns; returns the journey of the second time."""
    for _ in range(2):
        prepared = [prepare()] if prepare else []
        with Journey() as journey:
            act(*prepared)
    return journey


def hidden_fields(page: str) -> dict[str, list[str]]:
    """What the form that asks for a confirmation sends."""
    panel = page.split('class="panel narrow"')[1]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', panel):
        fields.setdefault(name, []).append(value)
    return fields
