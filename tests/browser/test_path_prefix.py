"""The pages under a path of the host, in a browser, behind a real nginx."""

import re

import pytest
from django.core.files.storage import storages
from playwright.sync_api import expect

from tests.browser.conftest import watch
from tests.support.factories import make_job
from tests.support.nginx import needs_nginx, nginx
from tests.support.people import operator as make_operator
from tests.support.processes import manage, serving

pytestmark = [needs_nginx, pytest.mark.django_db(transaction=True)]


def check_cookies_of(response):
    """Check that no cookie goes to another site of the host."""
    headers = response.headers_array()
    cookies = [one["value"] for one in headers if one["name"].lower() == "set-cookie"]
    assert cookies
    assert [one for one in cookies if "Path=/backoffice/" not in one] == []


def prefixed(settings, tmp_path):
    """The environment of the site, with collected static files."""
    environment = {
        "PATH_PREFIX": "/backoffice/",
        "STATIC_ROOT": str(tmp_path / "static"),
        "HTTPS": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECRET_KEY": settings.SECRET_KEY,
        "FILES_DIR": str(storages["jobs"].location),
    }
    assert manage("collectstatic", "--noinput", **environment).returncode == 0
    return environment


def test_the_pages_work_under_a_prefix(redis, chromium, settings, problems, tmp_path):
    environment = prefixed(settings, tmp_path)
    # The server does not know the cheap hashes of the tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user = make_operator()
    user.set_password("pass word")
    user.save()
    job = make_job(name="Under a prefix")
    with (
        serving(tmp_path, **environment) as web,
        nginx(tmp_path, [web.port], prefix="/backoffice/") as port,
    ):
        home = f"http://127.0.0.1:{port}/backoffice/"
        context = chromium.new_context()
        page = context.new_page()
        watch(page, home, problems)  # a request outside the prefix is a problem
        page.goto(home)
        page.fill("#id_username", user.username)
        page.fill("#id_password", "pass word")
        page.click("[type=submit]")
        expect(page).to_have_url(f"{home}admin/")
        page.goto(f"{home}admin/jobs/job/")
        page.click(f"text={job.name}")
        expect(page).to_have_url(re.compile(f"{home}admin/jobs/job/{job.pk}/change/.*"))
        page.goto(f"{home}admin/jobs/job/launch/report/")
        with page.expect_response(lambda one: one.status == 302) as launched:
            page.locator("form button[type=submit], form input[type=submit]").last.click()
        check_cookies_of(launched.value)
        expect(page).to_have_url(re.compile(f"{home}admin/jobs/job/[0-9a-f-]+/change/.*"))
        page.wait_for_timeout(3_000)  # its live refresh
        paths = {one["name"]: one["path"] for one in context.cookies()}
        assert "zone" in paths
        assert set(paths.values()) == {"/backoffice/"}
        context.close()
    assert problems == []
