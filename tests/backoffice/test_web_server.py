"""gunicorn as in production, with collected files and a proxy; also without Redis or PostgreSQL."""

import json
import re

import pytest
from django.conf import settings

from tests.support.processes import NOBODY_LISTENS, manage, serving


@pytest.fixture(scope="module")
def static_root(tmp_path_factory):
    directory = tmp_path_factory.mktemp("static")
    assert manage("collectstatic", "--noinput", STATIC_ROOT=str(directory)).returncode == 0
    return str(directory)


@pytest.fixture(scope="module")
def site(tmp_path_factory, static_root, django_db_setup):
    """Run a working site without Redis."""
    redis_away = f"redis://:secret@{NOBODY_LISTENS}/0"
    with serving(
        tmp_path_factory.mktemp("site"), REDIS_URL=redis_away, STATIC_ROOT=static_root
    ) as running:
        yield running


@pytest.fixture(scope="module")
def site_without_database(tmp_path_factory, static_root):
    away = f"postgres://user:secret@{NOBODY_LISTENS}/name"
    with serving(
        tmp_path_factory.mktemp("site"), DATABASE_URL=away, STATIC_ROOT=static_root
    ) as running:
        yield running


def test_a_site_without_redis_lives_and_is_ready(site):
    assert site.ask("/livez").status == 200
    assert site.ask("/readyz").status == 200


def test_probes_need_neither_a_host_name_nor_https(site):
    assert site.ask("/readyz", Host="10.0.0.7:8000", X_Forwarded_Proto="http").status == 200


def test_a_probe_tells_its_status_and_nothing_else(site):
    assert json.loads(site.ask("/readyz").text) == {"status": "ok"}


def test_a_static_file_has_a_hash_in_its_name_and_is_kept_for_ever(site):
    page = site.ask("/admin/login/")
    assert page.status == 200
    path = re.search(r'href="(/static/admin/css/base\.[0-9a-f]{12}\.css)"', page.text)[1]
    file = site.ask(path)
    assert file.status == 200
    assert file.headers["Content-Type"].startswith("text/css")
    assert "immutable" in file.headers["Cache-Control"]


@pytest.mark.parametrize("param", ["a*=unknown''b", "charset=base64", "charset=utf-16"])
def test_a_content_type_that_django_cannot_read_is_no_error_of_the_server(site, param):
    assert site.ask("/admin/login/?next=%C3%A9", Content_Type=f"text/plain; {param}").status == 200


def test_plain_http_is_sent_to_https(site):
    answer = site.ask("/admin/login/", X_Forwarded_Proto="http")
    assert (answer.status, answer.headers["Location"]) == (
        301,
        "https://backoffice.example.com/admin/login/",
    )


def test_https_is_demanded_for_a_year_and_cookies_keep_to_it(site):
    answer = site.ask("/admin/login/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "Secure" in answer.headers["Set-Cookie"]


def test_every_line_of_the_log_is_one_record_whatever_was_asked(site):
    forged = site.ask(
        '/admin/%0A{"forged":1}%0D',
        X_Request_ID="forgery-1",
        X_Forwarded_For="6.6.6.6, 1.2.3.4:4711",
    )
    assert forged.status == 404
    records = [json.loads(line) for line in site.log.read_text().splitlines()]
    record = next(record for record in records if record.get("request_id") == "forgery-1")
    assert record["logger"] == "backoffice.request"
    assert record["path"] == '/admin/\n{"forged":1}\r'
    assert record["client"] == "1.2.3.4"


def test_a_site_without_its_database_lives_but_is_not_ready(site_without_database):
    assert site_without_database.ask("/livez").status == 200
    unready = site_without_database.ask("/readyz")
    assert (unready.status, json.loads(unready.text)) == (503, {"status": "unavailable"})


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/"])
def test_a_page_without_its_database_says_so_with_503(site_without_database, path):
    cookie = "sessionid=abcdefghijklmnopqrstuvwxyz012345"
    answer = site_without_database.ask(path, Cookie=cookie, X_Request_ID="order-4711")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert "The database does not answer" in answer.text
    assert "order-4711" in answer.text
    assert "Traceback" not in answer.text
    told = [json.loads(line) for line in site_without_database.log.read_text().splitlines()]
    about = [record for record in told if record["message"].endswith(f": {path}")]
    assert {record["request_id"] for record in about} == {"order-4711"}


def test_the_api_without_its_database_says_so_with_a_problem(site_without_database):
    answer = site_without_database.ask("/api/v1/jobs/", Authorization="Token " + "a" * 64)
    assert answer.status == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "5"
    assert json.loads(answer.text)["code"] == "database_unavailable"


def test_unapplied_migrations_make_a_site_unready(tmp_path, static_root, django_db_setup):
    database = settings.DATABASES["default"]
    account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    empty = f"postgres://{account}/template1"
    with serving(tmp_path, DATABASE_URL=empty, STATIC_ROOT=static_root) as running:
        assert running.ask("/readyz").status == 503
