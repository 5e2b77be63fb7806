"""Behind a real nginx: a path prefix, several web hosts without shared disks, files by nginx."""

import contextlib
import hashlib
import json
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.test import Client

from jobs import services
from jobs.models import ApiToken, Source
from tests.download.files import address_of, stored
from tests.support import people
from tests.support.nginx import needs_nginx, nginx
from tests.support.polling import wait_until
from tests.support.processes import Site, manage, production, serving
from tests.support.sending import send_file, send_form

pytestmark = [needs_nginx, pytest.mark.django_db(transaction=True)]
HTTP = {"HTTPS": "false", "ALLOWED_HOSTS": "127.0.0.1", "TRUSTED_PROXY_COUNT": "1"}
HOST = {"Host": "127.0.0.1"}
EXPORT = {"model": "auth.user", "format": "jsonl"}
TEXT = bytes(range(128)) * 80


def browser_of(user, name="sessionid"):
    """The cookie of a browser in which the user is signed in."""
    browser = Client()
    browser.force_login(user)
    return {"Cookie": f"{name}={browser.session.session_key}"}


@pytest.fixture
def ours():
    """The key by which sessions of the tests are signed, and where their files are."""
    return HTTP | {"SECRET_KEY": settings.SECRET_KEY, "FILES_DIR": storages["jobs"].location}


@pytest.fixture(params=["passes the prefix on", "removes the prefix"])
def prefixed(request, tmp_path, ours):
    """A site at /backoffice/, behind a proxy."""
    static = str(tmp_path / "static")
    environment = ours | {"PATH_PREFIX": "/backoffice/", "STATIC_ROOT": static}
    assert manage("collectstatic", "--noinput", **environment).returncode == 0
    with serving(tmp_path, **environment) as web, contextlib.ExitStack() as stack:
        port = stack.enter_context(nginx(tmp_path, [web.port], prefix="/backoffice/"))
        if request.param == "removes the prefix":
            text = (tmp_path / "nginx.conf").read_text()
            text = text.replace("http://backoffice;", "http://backoffice/;")
            (tmp_path / "nginx.conf").write_text(text)
            subprocess.run(["kill", "-HUP", (tmp_path / "nginx.pid").read_text().strip()])
        yield Site(port, web.log)


def test_a_site_under_a_prefix_works_as_a_whole(prefixed):
    operator = people.operator()
    signed_in = browser_of(operator, "sessionid_backoffice")
    file = stored(TEXT)
    root = prefixed.ask("/backoffice/", **HOST)
    assert (root.status, root.headers["Location"]) == (302, "/backoffice/admin/")
    for path in ("/backoffice/livez", "/backoffice/readyz"):
        assert prefixed.ask(path, **HOST).status == 200
    login = prefixed.ask("/backoffice/admin/", **HOST)
    assert login.headers["Location"] == "/backoffice/admin/login/?next=/backoffice/admin/"
    form = prefixed.ask(login.headers["Location"], **HOST)
    assert "csrftoken_backoffice=" in form.headers["Set-Cookie"]
    assert "Path=/backoffice/" in form.headers["Set-Cookie"]
    styles = re.findall(r'(?:href|src)="([^"]+\.(?:css|js))"', form.text)
    assert styles
    for path in styles:
        assert re.match(r"/backoffice/static/.*\.[0-9a-f]{12}\.(css|js)$", path)
        assert prefixed.ask(path, **HOST).status == 200
    for path in ("/admin/", "/admin/jobs/job/", f"/admin/jobs/job/{file.job_id}/change/"):
        page = prefixed.ask(f"/backoffice{path}", **HOST, **signed_in)
        assert page.status == 200
        links = re.findall(r'(?:href|src|action|data-[a-z-]+)="(/[^"]*)"', page.text)
        assert [link for link in links if not link.startswith("/backoffice/")] == []
    assert prefixed.ask("/backoffice/nowhere", **HOST, **signed_in).status == 404


def test_the_api_under_a_prefix_gives_addresses_that_work(prefixed):
    user, file = people.operator(), stored(TEXT)
    caller = HOST | {"Authorization": f"Token {ApiToken.objects.create(user, name='test')[1]}"}
    root = f"http://127.0.0.1:{prefixed.port}"
    problem = prefixed.ask("/backoffice/api/v1/nowhere", **caller)
    assert problem.headers["Content-Type"] == "application/problem+json"
    forged = prefixed.ask("/backoffice/api/v1/jobs/", Host="foreign.example.com")
    assert forged.headers["Content-Type"] == "application/problem+json"
    caller["Host"] = f"127.0.0.1:{prefixed.port}"
    [listed] = json.loads(
        prefixed.ask(f"/backoffice/api/v1/jobs/{file.job_id}/files/", **caller).text
    )["results"]
    assert listed["url"].startswith(f"{root}/backoffice/api/v1/jobs/")
    assert prefixed.ask(listed["url"].removeprefix(root), **caller).status == 200
    job = json.loads(prefixed.ask(f"/backoffice/api/v1/jobs/{file.job_id}/", **caller).text)
    for address in re.findall(rf'"({root}[^"]*)"', json.dumps(job)):
        assert address.startswith(f"{root}/backoffice/")
    schema = json.loads(prefixed.ask("/backoffice/api/v1/schema/", **caller).text)
    assert schema["servers"] == [{"url": f"{root}/backoffice"}]
    assert "/api/v1/jobs/" in schema["paths"]


def test_two_web_hosts_and_a_worker_share_no_disk(redis, bucket, tmp_path, ours):
    user = people.superuser()
    environment = ours | bucket
    command = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"]
    caller = services.Caller(user=user, name=user.username, source=Source.API)
    job = services.submit(caller, name="Export data", params=EXPORT).job
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((tmp_path / "worker.log").open("w"))
        django = {"DJANGO_SETTINGS_MODULE": "backoffice.settings"}
        env = production(**environment, **django)
        worker = stack.enter_context(
            subprocess.Popen(command, cwd=settings.BASE_DIR, env=env, stdout=log, stderr=log)
        )
        stack.callback(worker.terminate)
        webs = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            webs.append(stack.enter_context(serving(tmp_path / name, **environment)))
        port = stack.enter_context(nginx(tmp_path, [web.port for web in webs]))
        wait_until(lambda: job.refresh_from_db() or job.is_settled, 60)
        assert job.status == "COMPLETED", job.error_message
        file = job.files.first()
        proxy, signed_in = Site(port, webs[0].log), browser_of(user)
        for _ in range(4):  # nginx asks the hosts in turn
            answer = proxy.ask(address_of(file, "admin"), **HOST, **signed_in)
            assert (answer.status, len(answer.text.encode())) == (200, file.size)
        assert all(str(file.pk) in web.log.read_text() for web in webs)
        worker.terminate()


def test_a_file_that_nginx_would_refuse_by_default_is_sent_in(tmp_path, ours):
    token = ApiToken.objects.create(people.operator(), name="test")[1]
    large = tmp_path / "large.csv"
    large.write_bytes(TEXT * 500)  # 5 MB; nginx takes 1 MB
    with serving(tmp_path, **ours) as web, nginx(tmp_path, [web.port]) as port:
        caller = HOST | {"Authorization": f"Token {token}"}
        sent = send_file(port, "/api/v1/uploads/?name=large.csv", large, caller)
        assert sent.status == 201, sent.body
        assert sent.json()["sha256"] == hashlib.sha256(large.read_bytes()).hexdigest()
        part = send_form(port, "/api/v1/uploads/", {}, {"file": large}, caller)
        assert part.json()["sha256"] == sent.json()["sha256"]


def test_nginx_sends_the_files_itself(tmp_path, ours):
    token = ApiToken.objects.create(people.viewer(), name="test")[1]
    file, caller = stored(TEXT), HOST | {"Authorization": f"Token {token}"}
    with contextlib.ExitStack() as stack:
        accel = {"FILES_ACCEL_PREFIX": "/job-files/"}
        web = stack.enter_context(serving(tmp_path, **ours, **accel))
        files = str(storages["jobs"].location)
        site = Site(stack.enter_context(nginx(tmp_path, [web.port], files=files)), web.log)
        path = address_of(file, "api")
        whole = site.ask(path, **caller)
        assert (whole.status, len(whole.text)) == (200, file.size)
        assert whole.headers["Content-Disposition"] == 'attachment; filename="data.bin"'
        assert whole.headers["ETag"] == f'"{file.sha256}"'
        assert whole.headers["Content-Type"] == "application/octet-stream"
        assert "X-Accel-Redirect" not in whole.headers
        part = site.ask(path, **caller, Range="bytes=5-9")
        assert (part.status, part.headers["Content-Range"]) == (206, f"bytes 5-9/{file.size}")
        assert site.ask(path, **caller, If_None_Match=whole.headers["ETag"]).status == 304
        assert site.ask(f"/job-files/{file.stored_name}", **caller).status == 404
        assert site.ask(path, **HOST).status == 401
