"""/api/v1/docs/ in a browser: its own files only, under the content policy; it calls the API."""

import pytest
from django.conf import settings
from django.test import Client

from tests.browser.conftest import watch
from tests.support import people
from tests.support.processes import manage, serving

HERE = {"ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "false", "TRUSTED_PROXY_COUNT": "0"}


def session_of(user) -> str:
    """The key of a new session of `user`."""
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


@pytest.mark.django_db(transaction=True)
def test_the_page_draws_the_description_and_tries_a_call(chromium, tmp_path):
    session = session_of(people.launcher())
    # The session is signed with our key.
    here = HERE | {"STATIC_ROOT": str(tmp_path / "static"), "SECRET_KEY": settings.SECRET_KEY}
    assert manage("collectstatic", "--noinput", **here).returncode == 0
    problems: list[str] = []
    with serving(tmp_path, **here) as site, chromium.new_context() as context:
        origin = f"http://127.0.0.1:{site.port}"
        context.add_cookies([{"name": "sessionid", "value": session, "url": origin}])
        page = context.new_page()
        watch(page, origin, problems)
        page.goto(f"{origin}/api/v1/docs/")
        page.locator("#operations-Jobs-submit_job").wait_for()
        assert page.locator(".opblock").count() >= 12
        page.locator("#operations-Jobs-list_jobs .opblock-summary-control").click()
        page.locator("#operations-Jobs-list_jobs .try-out__btn").click()
        page.locator("#operations-Jobs-list_jobs .execute").click()
        page.locator("#operations-Jobs-list_jobs .live-responses-table").wait_for()
        assert (
            '"results": []'
            in page.locator("#operations-Jobs-list_jobs .live-responses-table").inner_text()
        )
    assert problems == []
