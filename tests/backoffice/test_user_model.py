"""A site with a user model of its own: e-mail addresses as names, UUIDs as keys."""

import json
import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from tests.support.databases import new_database, rows
from tests.support.polling import wait_until
from tests.support.processes import manage, serving, started

ADA, EVE = "ada@example.com", f"{'e' * 200}@example.com"
KIM = "kim@example.com"  # no test gives her a right
PASSWORD = "of nobody else"
MAX, BOSS = "max@example.com", "boss@example.com"
MEMBERS = f"""from django.contrib.auth.models import Permission
from tests.support.members.models import Member
manager = Member.objects.create_user("{MAX}", "{PASSWORD}", is_staff=True)
manager.user_permissions.set(Permission.objects.filter(content_type__app_label="members"))
Member.objects.create_user("{BOSS}", "{PASSWORD}", level="boss")
Member.objects.create_superuser("{ADA}", "{PASSWORD}", wishes={{"dark": True}})
Member.objects.create_user("{EVE}", "{PASSWORD}", wishes={{"dark": True}})
Member.objects.create_user("{KIM}", "{PASSWORD}", wishes={{"dark": True}})"""
LOGIN = "/admin/login/"
LAUNCH = "/admin/jobs/job/launch/export/"


class Visitor:
    """A browser without scripts that keeps its cookies."""

    def __init__(self, site):
        self.site, self.cookies = site, SimpleCookie()

    def get(self, path):
        return self._ask(path, "GET", None)

    def post(self, path, **entries):
        """Send the form of the page at this address, with all that it has hidden."""
        hidden = r'type="hidden" name="([^"]+)" value="([^"]*)"'
        form = dict(re.findall(hidden, self.get(path).text)) | entries
        return self._ask(path, "POST", urlencode(form, doseq=True))

    def _ask(self, path, method, body):
        headers = {
            "Cookie": "; ".join(f"{one.key}={one.value}" for one in self.cookies.values()),
            "Content_Type": "application/x-www-form-urlencoded",
            "Referer": "https://backoffice.example.com/",
        }
        answer = self.site.ask(path, method, body, **headers)
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(cookie)
        return answer


@pytest.fixture(scope="module")
def of_site(tmp_path_factory):
    """The environment of a site with its own user model, on a migrated database."""
    with new_database() as url:
        changes = {
            "DATABASE_URL": url,
            "FILES_DIR": str(tmp_path_factory.mktemp("files")),
            "EXTRA_APPS": "tests.support.members",
            "AUTH_USER_MODEL": "members.Member",
            "WORKER_CONCURRENCY": "1",
            "STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
        }
        for step in (["migrate"], ["collectstatic", "--no-input"], ["shell", "-c", MEMBERS]):
            done = manage(*step, **changes)
            assert done.returncode == 0, done.stderr
        yield changes


@pytest.fixture(scope="module")
def site(of_site, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("web"), **of_site) as site:
        yield site


@pytest.fixture
def ada(site):
    visitor = Visitor(site)
    signed_in = visitor.post(LOGIN, username=ADA, password=PASSWORD)
    assert signed_in.status == 302
    return visitor


def errors_of(answer):
    return re.findall(r'(?s)class="error[^>]*>(.*?)</', answer.text)


def member(of_site, name):
    return rows(of_site, f"SELECT member_id::text FROM members_member WHERE mail = '{name}'")[0][0]


def test_a_member_launches_a_job_that_a_worker_runs(ada, of_site, tmp_path):
    launched = ada.post(
        LAUNCH, **{"name": "Of a member", "params-format": "csv", "params-model": "members.member"}
    )
    assert launched.status == 302, errors_of(launched)
    worker = ["celery", "--app=backoffice", "worker", "--loglevel=warning"]
    status = "SELECT status FROM jobs_job WHERE name = 'Of a member'"
    with (tmp_path / "worker.log").open("w") as log, started(worker, log=log, **of_site):
        wait_until(lambda: rows(of_site, status) == [("COMPLETED",)])
    listed = ada.get("/admin/jobs/job/?created_by=ADA@example.com").text
    assert "Of a member" in listed
    address = f"/admin/jobs/job/requesters/{member(of_site, ADA)}/"
    assert address in listed
    page = ada.get(address)
    assert page.status == 200
    assert f"<h1>{ADA}</h1>" in page.text
    assert "Of a member" in page.text
    assert ada.get(launched.headers["Location"]).status == 200


def test_a_token_of_another_member_opens_the_api(ada, site, of_site):
    form = {"owner": "other", "account": EVE, "name": "import", "days": "30"}
    made = ada.post("/admin/jobs/apitoken/add/", **form)
    [token] = set(re.findall(r"\b[0-9a-f]{64}\b", made.text))
    headers = {"Authorization": f"Bearer {token}"}
    assert json.loads(site.ask("/api/v1/jobs/", **headers).text)["results"] == []
    refused = site.ask(
        "/api/v1/jobs/", "POST", '{"name": "x"}', **headers, Content_Type="application/json"
    )
    assert refused.status == 403
    right = "FROM auth_permission WHERE codename = 'add_job'"
    rows(
        of_site,
        f"""INSERT INTO members_member_user_permissions (member_id, permission_id)
        SELECT '{member(of_site, EVE)}', id {right} RETURNING id""",
    )
    answer = site.ask(
        "/api/v1/jobs/", "POST", '{"name": "x"}', **headers, Content_Type="application/json"
    )
    assert answer.status == 201, answer.text
    assert json.loads(answer.text)["created_by"] == f"{EVE[:143]}… (cut)"
    assert ada.get(f"/admin/jobs/job/?{urlencode({'created_by': EVE})}").text.count(">x</a>") == 1
    [(actor, account)] = rows(
        of_site,
        "SELECT actor, account_id::text FROM jobs_auditentry WHERE object_type = 'jobs.apitoken'",
    )
    assert (actor, account) == (ADA, member(of_site, ADA))


def test_jobs_of_a_renamed_member_are_listed_under_both_names(ada, of_site):
    renamed = "ada@example.org"
    launched = ada.post(
        LAUNCH, **{"name": "Before", "params-format": "csv", "params-model": "members.member"}
    )
    assert launched.status == 302, errors_of(launched)
    rename = "UPDATE members_member SET mail = '{}' WHERE mail = '{}' RETURNING mail"
    rows(of_site, rename.format(renamed, ADA))
    try:
        listed = {
            name: ada.get(f"/admin/jobs/job/?{urlencode({'created_by': name})}").text
            for name in (ADA, renamed)
        }
    finally:
        rows(of_site, rename.format(ADA, renamed))
    assert [name for name, page in listed.items() if ">Before</a>" in page] == [ADA, renamed]


def test_the_pages_of_members_are_those_of_accounts(ada, of_site):
    listed = ada.get("/admin/members/member/")
    assert listed.status == 200
    assert ADA in listed.text
    form = {"email": "bob@example.com", "usable_password": "true"}
    added = ada.post("/admin/members/member/add/", **form, password1=PASSWORD, password2=PASSWORD)
    assert added.status == 302, errors_of(added)
    bob = member(of_site, "bob@example.com")
    address = f"/admin/members/member/{bob}/change/"
    page = ada.get(address).text
    assert "Jobs and tokens" in page
    changed = ada.post(address, email="rob@example.com", wishes='{"dark": true}', enabled="on")
    assert changed.status == 302, errors_of(changed)
    assert "Renamed from" in ada.get(f"/admin/members/member/{bob}/history/").text
    assert ada.get(f"/admin/members/member/{bob}/password/").status == 200
    assert ada.post(f"/admin/members/member/{bob}/delete/", post="yes").status == 302
    assert ada.get("/admin/jobs/auditentry/").status == 200


def test_who_manages_members_gives_nobody_a_right_through_a_field_of_the_site(site, of_site):
    manager = Visitor(site)
    assert manager.post(LOGIN, username=MAX, password=PASSWORD).status == 302
    for name in (KIM, MAX):
        address = f"/admin/members/member/{member(of_site, name)}/change/"
        assert 'name="level"' not in manager.get(address).text
        changed = manager.post(address, email=name, is_staff="on", level="boss", wishes="{}")
        assert changed.status == 302, errors_of(changed)
        level = f"SELECT level, wishes::text FROM members_member WHERE mail = '{name}'"
        assert rows(of_site, level) in ([("staff", '{"dark": true}')], [("staff", "{}")])


@pytest.mark.parametrize("name", [BOSS, ADA])
def test_who_manages_members_takes_over_no_member_with_more_rights(site, of_site, name):
    manager = Visitor(site)
    assert manager.post(LOGIN, username=MAX, password=PASSWORD).status == 302
    stronger = f"/admin/members/member/{member(of_site, name)}"
    new = {"password1": "Taken-0ver", "password2": "Taken-0ver", "usable_password": "true"}
    assert "it has rights that you do not have" in manager.get(f"{stronger}/change/").text
    assert manager.post(f"{stronger}/change/", email="mine@example.com").status == 403
    assert manager.post(f"{stronger}/password/", **new).status == 403
    assert manager.post(f"{stronger}/delete/", post="yes").status == 403


def test_keys_of_no_member_have_no_page(ada):
    for key in ("7", "x", "%00", "a_2Fb", "00000000-0000-0000-0000-000000000000"):
        assert ada.get(f"/admin/jobs/job/requesters/{key}/").status == 404, key


def test_wrong_passwords_lock_a_long_name(site):
    stranger = Visitor(site)
    answers = [stranger.post(LOGIN, username=EVE, password="wrong").status for _ in range(6)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_a_user_model_without_permissions_is_refused(tmp_path):
    app = tmp_path / "plain"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "models.py").write_text("""from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


class Plain(AbstractBaseUser):
    name = models.CharField(max_length=9, unique=True)
    USERNAME_FIELD = "name"
""")
    changes = {"EXTRA_APPS": "plain", "AUTH_USER_MODEL": "plain.Plain"}
    done = manage("check", PYTHONPATH=str(tmp_path), **changes)
    assert done.returncode == 1
    missing = "groups, user_permissions, is_superuser, has_perm, is_staff"
    assert f"AUTH_USER_MODEL is plain.Plain, which lacks {missing}." in done.stderr
