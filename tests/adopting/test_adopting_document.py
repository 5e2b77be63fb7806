"""docs/adopting.md adds jobs to examples/shop/: wheel, virtualenv, servers and all."""

import json
import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.adopting.adopter import ADA, JOBS, PASSWORD, SHOP, job_named, signed_in
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.support.databases import new_database
from tests.support.polling import wait_until


def test_the_result_is_the_project_in_the_repository(followed):
    kept = {
        one.relative_to(SHOP): one.read_text() for one in SHOP.rglob("*.*") if one.suffix != ".pyc"
    }
    made = {name: (followed.directory / name).read_text() for name in kept}
    assert made == kept


def test_jobs_come_from_the_wheel(followed):
    place = followed.run("python -c 'import jobs; print(jobs.__file__)'").strip()
    assert Path(place).is_relative_to(Path(followed.env["PATH"].partition(":")[0]).parent)
    assert Path(place).with_name("templates").joinpath("admin/jobs/job_page/page.html").exists()


def test_a_job_is_launched_watched_and_cancelled_in_the_admin_of_the_project(ada, followed):
    assert "Change prices" in ada.get(f"{JOBS}/launch/").text
    form = ada.get(f"{JOBS}/launch/change_prices/")
    assert 'href="/owners/' not in form.text
    page = ada.post(form.path, **{"name": "Autumn", "params-percent": "10"})
    assert re.fullmatch(rf"{JOBS}/[0-9a-f-]{{36}}/change/", page.path), page
    wait_until(lambda: (job_named(followed, "Autumn")[2] or 0) >= 5)
    live = ada.get(page.path.replace("/change/", "/live/"))
    assert "Processing" in live.text
    assert "Autumn" in ada.get(f"{JOBS}/").text
    ada.post(page.path.replace("/change/", "/cancel/"))
    wait_until(lambda: job_named(followed, "Autumn")[1] == "CANCELLED")
    assert "Cancelled" in ada.get(page.path).text
    assert job_named(followed, "Autumn")[2] < 100


def test_the_command_of_the_page_runs_beside_the_tasks_of_the_project(followed):
    wait_until(lambda: job_named(followed, "Change prices")[1] == "COMPLETED", seconds=90)
    told = "SELECT count(*) FROM shop_product WHERE announced_price IS NULL"
    wait_until(lambda: followed.rows(told) == [(0,)])


def test_pages_of_jobs_are_in_no_other_site_and_for_those_who_may(ada, followed):
    assert ada.get("/owners/").status == 200
    assert ada.get("/owners/jobs/job/").status == 404
    eve = signed_in(followed, "eve@example.com")
    assert eve.get("/backstage/shop/product/").status == 200
    assert eve.get(f"{JOBS}/").status == 403


def test_every_page_of_jobs_opens_in_the_site_of_the_project(ada, followed):
    job = job_named(followed, "Change prices")[0]
    [(member,)] = followed.rows(f"SELECT id FROM people_member WHERE email = '{ADA}'")
    pages = [
        *(f"{JOBS}/{one}" for one in ("", "launch/", "holds/", f"{job}/change/", f"{job}/log/")),
        *(f"{JOBS}/requesters/{member}/", f"{JOBS}/?status=FAILED", f"{JOBS}/?q={job}"),
        *(f"/backstage/jobs/{one}/" for one in ("apitoken", "apitoken/add", "auditentry")),
        "/backstage/",
        "/jobs-api/v1/docs/",
    ]
    for path in pages:
        page = ada.get(path)
        assert page.status == 200, path
        assert "/owners/" not in page.text, path
    for name in ("job_page/page.css", "base/embedded.css", "job_page/page.js"):
        assert ada.get(f"/static/jobs/{name}").status == 200


def test_a_program_calls_the_api_with_a_token_of_the_admin(ada, followed):
    made = ada.post("/backstage/jobs/apitoken/add/", owner="own", name="till", days="30")
    [token] = set(re.findall(r"\b[0-9a-f]{64}\b", made.text))
    request = urllib.request.Request(
        f"{ada.site}/jobs-api/v1/jobs/",
        b'{"type": "change_prices", "name": "By the till", "params": {"percent": 0}}',
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = json.loads(response.read())
        assert response.headers["X-Shop"] == "open"  # by the project's own middleware
    assert answer["created_by"] == ADA
    assert answer["admin_url"] == f"{ada.site}{JOBS}/{answer['id']}/change/"
    assert ada.post(f"{JOBS}/{answer['id']}/cancel/").status == 200


def test_a_new_database_is_migrated_at_once(followed):
    """The name column of the user model comes with a migration that runs after ours."""
    with new_database() as url:
        name = url.rpartition("/")[2]
        followed.run(f"PGDATABASE={name} python manage.py migrate")
        followed.run(f"PGDATABASE={name} python manage.py makemigrations --check --dry-run")


@pytest.mark.parametrize(
    ("lacking", "sentence"),
    [
        ("shop/urls.py", "include('jobs.api.urls')"),
        ("django_celery_results", "The app jobs needs 'django_celery_results'"),
        ("drf_spectacular_sidecar", "INSTALLED_APPS lacks 'drf_spectacular_sidecar'"),
    ],
)
def test_a_step_left_out_is_named(followed, tmp_path, lacking, sentence):
    shutil.copytree(followed.directory, tmp_path / "project")
    settings_file = tmp_path / "project/shop/settings.py"
    if lacking.endswith(".py"):
        file = tmp_path / "project" / lacking
        file.write_text(file.read_text().rpartition("\nurlpatterns +=")[0])
    else:
        settings_file.write_text(settings_file.read_text().replace(f'"{lacking}", ', ""))
    done = subprocess.run(
        [Path(followed.env["PATH"].partition(":")[0], "python"), "manage.py", "check"],
        cwd=tmp_path / "project",
        env=followed.env,
        capture_output=True,
        text=True,
    )
    assert sentence in done.stderr
    assert done.returncode == 1


@pytest.fixture(scope="module")
def chromium():
    if not CHROMIUM.exists() and os.environ.get("REQUIRE_BROWSER") != "1":
        pytest.skip(f"NOT TESTED: there is no {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


def faults_of(page):
    """What axe finds, and whether the page is wider than its screen."""
    page.locator("#content h1").first.wait_for()
    page.wait_for_load_state()
    found = [(one["id"], page.url) for one in Axe().run(page).response["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(("too wide", page.url))
    return found


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_staff_do_the_same_in_a_browser(chromium, followed, theme, width):
    address, faults = f"http://127.0.0.1:{followed.port}", []
    viewport = {"width": width, "height": 844}
    page = chromium.new_page(base_url=address, viewport=viewport, color_scheme=theme)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/backstage/")
    page.get_by_label("E-mail").fill(ADA)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Jobs").last.click()
    page.wait_for_url("**/jobs/job/")
    faults += faults_of(page)
    page.get_by_role("link", name="Launch job").click()
    faults += faults_of(page)
    page.get_by_role("link", name="Change prices").click()
    faults += faults_of(page)
    page.get_by_role("button", name="Launch job").click()
    page.locator(".percent").wait_for()
    faults += faults_of(page)
    page.get_by_text("Cancel…").click()
    page.get_by_role("button", name="Cancel job").click()
    page.locator(".badge", has_text="Cancelled").first.wait_for()
    page.close()
    assert faults == []
