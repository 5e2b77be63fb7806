"""A real browser on the real site.

A test fails on any console error, page error or request to another host.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from jobs.engine import broker
from tests.support import people
from tests.support.processes import production

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]
# Playwright runs an event loop in this thread, in which Django refuses queries otherwise.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this directory if there is no Chromium, unless REQUIRE_BROWSER=1."""
    if CHROMIUM.exists() or os.environ.get("REQUIRE_BROWSER") == "1":
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"NOT TESTED: there is no {CHROMIUM}"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def operator(transactional_db) -> User:
    """An operator."""
    return people.operator()


@pytest.fixture
def problems() -> list[str]:
    """The console errors and foreign requests of all pages; a test may remove those it expects."""
    return []


@pytest.fixture
def open_as(chromium, live_server, client, problems):
    """open_as(user, **context options): a page of the browser with the user logged in."""
    contexts: list[BrowserContext] = []

    def open_page(user, **options) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        client.force_login(user)
        cookie = {
            "name": "sessionid",
            "value": client.cookies["sessionid"].value,
            "url": live_server.url,
        }
        context.add_cookies([cookie])
        page = context.new_page()
        watch(page, live_server.url, problems)
        page.set_default_timeout(10_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def watch(page: Page, home: str, problems: list[str]) -> None:
    """Record console errors and requests that leave the site."""
    page.on(
        "console", lambda said: said.type == "error" and problems.append(f"{page.url}: {said.text}")
    )
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    page.on(
        "request",
        lambda sent: (
            sent.url.startswith((home, "data:")) or problems.append(f"foreign: {sent.url}")
        ),
    )


@pytest.fixture
def page(open_as, operator) -> Page:
    """A page with an operator logged in."""
    return open_as(operator, viewport={"width": 1280, "height": 800})


@pytest.fixture
def worker(redis, transactional_db, tmp_path):
    """A real worker on the tests' own database and broker."""
    broker.breaker.reset()
    command = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"]
    env = production(
        FILES_DIR=os.environ["FILES_DIR"], DJANGO_SETTINGS_MODULE="backoffice.settings"
    )
    with (tmp_path / "worker.log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        yield
        process.terminate()
        process.wait(60)


class Greeting(forms.Form):
    """Whom to greet."""

    whom = forms.CharField(max_length=20)


@pytest.fixture
def greet(make_type):
    """A job type with one parameter."""
    return make_type(slug="greet", label="Greet", form=Greeting)
