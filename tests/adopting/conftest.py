"""Fixtures: a shop before it has jobs, after the page was followed, and its owner."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings

from backoffice.local.processes import free_port
from tests.adopting.adopter import (
    BEFORE,
    BLOCKS,
    CHECKOUT,
    Adopter,
    answers,
    make_without_installing,
    project_before,
    signed_in,
    virtualenv,
)
from tests.faults.staff import Staff
from tests.support.databases import new_database
from tests.support.polling import wait_until


@pytest.fixture(scope="module")
def adopter(tmp_path_factory) -> Iterator[Adopter]:
    """A shop that has members and products, before it has jobs."""
    place = tmp_path_factory.mktemp("adopting")
    here = settings.DATABASES["default"]
    with new_database() as url:
        env = {
            "PATH": f"{virtualenv(place / 'venv')}:{os.environ['PATH']}",
            "HOME": str(place),
            "BACKOFFICE": str(CHECKOUT),
            "DATABASE_URL": url,
            "PGHOST": here["HOST"],
            "PGPORT": str(here["PORT"]),
            "PGUSER": here["USER"],
            "PGPASSWORD": here["PASSWORD"],
            "PGDATABASE": url.rpartition("/")[2],
            "SHOP_REDIS_URL": os.environ["REDIS_URL"],
            "SHOP_DEBUG": "yes",
            **make_without_installing(place / "make"),
        }
        adopter = Adopter(place / "project", env, str(free_port()))
        project_before(adopter.directory)
        for command in ("migrate", "loaddata products", f"shell -c '{BEFORE}'"):
            adopter.run(f"python manage.py {command}")
        try:
            yield adopter
        finally:
            adopter.stop()


@pytest.fixture(scope="module")
def followed(adopter) -> Adopter:
    """The shop after each block of the page, in order."""
    for how, name, kind, where, text in BLOCKS:
        if how == "New file":
            (adopter.directory / name).write_text(text)
        elif how:
            with (adopter.directory / name).open("a") as file:
                file.write(f"\n{text}")
        elif where == "process":
            adopter.start(text)
        else:
            assert kind == "sh", text
            adopter.run(text, cwd=CHECKOUT if where == "checkout" else None)
    wait_until(lambda: answers(adopter))
    return adopter


@pytest.fixture
def ada(followed) -> Staff:
    return signed_in(followed)
