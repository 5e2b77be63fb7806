"""Every address of the admin, for every role and method: the reviewed table of who gets what."""

from importlib import import_module
from io import BytesIO

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.core.files.storage import storages
from django_celery_results.models import TaskResult

from jobs.models import ApiToken, AuditEntry, Hold, Job, JobFile, JobUpload, SiteLimit, Status
from tests.support.factories import make_hold, make_job, make_user, make_worker
from tests.support.uploads import make_upload

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = ("anonymous", "user", "staff", "viewer", "operator", "superuser")
LOGIN, FORBIDDEN = "login", 403
OUT = (LOGIN, LOGIN, FORBIDDEN)  # the first three roles are never let in

# Address by name of its URL: answers to GET, then to POST, in the order of ROLES. 302: done, and
# led elsewhere.
VIEW = ((*OUT, 200, 200, 200), (*OUT, 405, 405, 405))
ACT = ((*OUT, 405, 405, 405), (*OUT, FORBIDDEN, 302, 302))
OPERATE = ((*OUT, FORBIDDEN, 200, 200), (*OUT, FORBIDDEN, 405, 405))
ACCOUNTS = ((*OUT, FORBIDDEN, FORBIDDEN, 200), (*OUT, FORBIDDEN, FORBIDDEN, 200))
ACCOUNTS_THEN_LIST = (ACCOUNTS[0], (*OUT, FORBIDDEN, FORBIDDEN, 302))
PAGES = ("changelist", "add", "change", "history")
HOLDING = ("hold_release", "limit_remove", "worker_drain", "worker_resume")
TABLE = {
    **{f"auth_{model}_{page}": ACCOUNTS for model in ("user", "group") for page in PAGES},
    **{f"jobs_auditentry_{page}": ACCOUNTS for page in ("changelist", "history")},
    "jobs_auditentry_change": (ACCOUNTS[0], (*OUT, FORBIDDEN, FORBIDDEN, FORBIDDEN)),
    "jobs_auditentry_add": ((*OUT, FORBIDDEN, FORBIDDEN, FORBIDDEN),) * 2,
    "jobs_auditentry_delete": ((*OUT, FORBIDDEN, FORBIDDEN, FORBIDDEN),) * 2,
    "auth_group_add": ACCOUNTS_THEN_LIST,
    "auth_user_password_change": ACCOUNTS,
    "auth_user_delete": ACCOUNTS_THEN_LIST,
    "auth_group_delete": ACCOUNTS_THEN_LIST,
    "jobs_job_changelist": ((*OUT, 200, 200, 200), (*OUT, 200, 200, 200)),
    "jobs_job_change": VIEW,
    "jobs_job_live_cells": VIEW,
    "live_home": VIEW,
    "jobs_job_live": VIEW,
    "jobs_job_log": VIEW,
    "jobs_job_log_part": VIEW,
    "jobs_job_file": VIEW,
    "jobs_job_upload": VIEW,
    "jobs_job_history": ((*OUT, 200, 200, 200), (*OUT, 200, 200, 200)),
    "jobs_job_cancel": ACT,
    "jobs_job_rerun": ACT,
    "jobs_job_acknowledge": ACT,
    "jobs_job_delete": ((*OUT, FORBIDDEN, 200, 200), (*OUT, FORBIDDEN, 302, 302)),
    **{
        f"jobs_job_confirm_{action}": OPERATE
        for action in ("cancel", "rerun", "acknowledge", "delete")
    },
    "jobs_job_holds": ((*OUT, 200, 200, 200), (*OUT, FORBIDDEN, 200, 200)),
    "jobs_job_limits": ((*OUT, 200, 200, 200), (*OUT, FORBIDDEN, 200, 200)),
    "jobs_job_hold_change": ((*OUT, FORBIDDEN, 200, 200),) * 2,
    **dict.fromkeys(
        (f"jobs_job_{act}" for act in HOLDING),
        ((*OUT, FORBIDDEN, 405, 405), (*OUT, FORBIDDEN, 302, 302)),
    ),
    "jobs_job_add": ((*OUT, FORBIDDEN, FORBIDDEN, FORBIDDEN),) * 2,
    "jobs_job_launch": OPERATE,
    "jobs_job_launch_type": ((*OUT, FORBIDDEN, 200, 200), (*OUT, FORBIDDEN, 302, 302)),
    "jobs_job_launch_call": ((*OUT, FORBIDDEN, 405, 405), (*OUT, FORBIDDEN, 200, 200)),
    "jobs_job_launch_rows": ((*OUT, FORBIDDEN, 404, 404), (*OUT, FORBIDDEN, 405, 405)),
    "jobs_apitoken_changelist": ((*OUT, FORBIDDEN, 200, 200), (*OUT, FORBIDDEN, 200, 200)),
    "jobs_apitoken_add": ((*OUT, FORBIDDEN, 200, 200),) * 2,
    "jobs_apitoken_requests": VIEW,
    "jobs_job_requester": VIEW,
    "jobs_apitoken_change": ((*OUT, FORBIDDEN, 302, 302), (*OUT, FORBIDDEN, FORBIDDEN, FORBIDDEN)),
    "jobs_apitoken_delete": ((*OUT, FORBIDDEN, 302, 200), (*OUT, FORBIDDEN, 302, 302)),
    "jobs_apitoken_history": ((*OUT, FORBIDDEN, 302, 200),) * 2,
    "django_celery_results_taskresult_changelist": ((*OUT, 200, 200, 200),) * 2,
    "django_celery_results_taskresult_change": (
        (*OUT, 200, 200, 200),
        (*OUT, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    ),
    "django_celery_results_taskresult_add": ((*OUT, FORBIDDEN, FORBIDDEN, FORBIDDEN),) * 2,
    "django_celery_results_taskresult_delete": ((*OUT, FORBIDDEN, FORBIDDEN, FORBIDDEN),) * 2,
    "django_celery_results_taskresult_history": ((*OUT, 200, 200, 200),) * 2,
}


def make_groups():
    # Transactional tests empty the tables, and with them what the migration made.
    import_module("jobs.migrations.0007_make_groups").make_groups(apps, None)
    import_module("jobs.migrations.0039_let_operators_hold").let_operators_hold(apps, None)


def enter(client, role):
    """Log in as a user with this role."""
    if role == "anonymous":
        return
    make_groups()
    user = make_user(is_staff=role != "user", is_superuser=role == "superuser")
    if role in ("viewer", "operator"):
        user.groups.add(Group.objects.get(name=f"{role.capitalize()}s"))
    client.force_login(user)


@pytest.fixture
def again(make_type):
    """A type that can be launched."""
    return make_type(slug="again")


def addresses():
    """One address for each name in the table, with something new behind it."""
    settled = make_job(type="again", status=Status.FAILED)
    token, _ = ApiToken.objects.create(make_user(), name="t")
    LogEntry.objects.log_actions(token.user.pk, [settled], CHANGE, "Done.")
    result = TaskResult.objects.create(task_id=str(settled.pk), status="FAILURE")
    group = Group.objects.create(name=token.token_key)
    return {
        **of_jobs(settled),
        **of_model("jobs_auditentry", AuditEntry.objects.first().pk),
        **of_model("jobs_apitoken", token.pk),
        "jobs_apitoken_requests": f"/admin/jobs/apitoken/{token.public_id}/requests/",
        **of_model("django_celery_results_taskresult", result.pk),
        **of_model("auth_user", account := make_user().pk),
        **of_model("auth_group", group.pk),
        **of_holding(),
        "jobs_job_requester": f"/admin/jobs/job/requesters/{account}/",
        "auth_user_password_change": f"/admin/auth/user/{account}/password/",
    }


def of_model(name, pk):
    """The addresses of Django's own pages for a model and one of its objects, by URL name."""
    app, model = name.rsplit("_", 1)
    pages = {"changelist": "", "add": "add/"}
    pages |= {page: f"{pk}/{page}/" for page in ("change", "history", "delete")}
    return {f"{name}_{page}": f"/admin/{app}/{model}/{address}" for page, address in pages.items()}


def of_jobs(settled):
    """The addresses of the job list, the launch pages and a settled job that has a file."""
    stored = storages["jobs"].save("rights/x", BytesIO(b"x"))
    file = JobFile.objects.create(
        job=settled,
        attempt=1,
        name="a.txt",
        content_type="text/plain",
        size=1,
        sha256="",
        stored_name=stored,
    )
    upload = make_upload()
    JobUpload.objects.create(job=settled, upload=upload)
    jobs, verbs = "/admin/jobs/job", ("live", "log", "rerun", "acknowledge")
    actions = ("cancel", "rerun", "acknowledge", "delete")
    return {
        **of_model("jobs_job", settled.pk),
        "jobs_job_live_cells": f"{jobs}/live/",
        "live_home": "/admin/live/",
        "jobs_job_file": f"{jobs}/{settled.pk}/files/{file.pk}/",
        "jobs_job_upload": f"{jobs}/{settled.pk}/uploads/{upload.pk}/",
        "jobs_job_log_part": f"{jobs}/{settled.pk}/log/part/",
        "jobs_job_cancel": f"{jobs}/{make_job().pk}/cancel/",
        "jobs_job_launch": f"{jobs}/launch/",
        "jobs_job_launch_type": f"{jobs}/launch/again/",
        "jobs_job_launch_call": f"{jobs}/launch/again/call/",
        "jobs_job_launch_rows": f"{jobs}/launch/again/rows/none/",
        **{f"jobs_job_{verb}": f"{jobs}/{settled.pk}/{verb}/" for verb in verbs},
        **{
            f"jobs_job_confirm_{action}": f"{jobs}/confirm/{action}/?type={settled.type}"
            for action in actions
        },
    }


def of_holding():
    """The addresses of holds, limits and workers."""
    holds, worker = "/admin/jobs/job/holds/", make_worker()
    Hold.objects.all().delete()
    SiteLimit.objects.update_or_create(type="again", defaults={"at_most": 1, "set_by": "olga"})
    return {
        "jobs_job_holds": holds,
        "jobs_job_limits": f"{holds}limits/",
        "jobs_job_hold_change": f"{holds}{make_hold(value='other').pk}/change/",
        "jobs_job_hold_release": f"{holds}{make_hold().pk}/release/",
        "jobs_job_limit_remove": f"{holds}limits/again/remove/",
        "jobs_job_worker_drain": f"{holds}workers/{worker.pk}/drain/",
        "jobs_job_worker_resume": f"{holds}workers/{worker.pk}/resume/",
    }


def answer_of(response):
    response.close()  # a file stays open otherwise
    if response.status_code == 302 and "/login/" in response.headers["Location"]:
        return LOGIN
    return response.status_code


@pytest.mark.parametrize("role", ROLES)
def test_every_address_answers_each_role_as_the_table_says(client, again, role):
    enter(client, role)
    wrong = {}
    for name, (to_get, to_post) in TABLE.items():
        address = addresses()[name]
        answers = (
            answer_of(client.get(address)),
            answer_of(client.post(address, {"name": "x", "days": 3, "post": "yes"})),
        )
        if answers != (to_get[ROLES.index(role)], to_post[ROLES.index(role)]):
            wrong[name] = answers
    assert wrong == {}


def test_the_table_has_every_address_of_our_pages():
    ours = {
        pattern.name
        for model, model_admin in admin.site._registry.items()
        if model in (Job, ApiToken, TaskResult, User, Group, AuditEntry)
        for pattern in model_admin.urls
        if pattern.name
    }
    assert ours | {"live_home"} == TABLE.keys()


@pytest.mark.parametrize("role", ROLES)
def test_a_post_without_the_csrf_token_is_refused(client, again, role):
    client.handler.enforce_csrf_checks = True
    enter(client, role)
    for name, address in addresses().items():
        assert answer_of(client.post(address)) in (LOGIN, 403, 405), name
    assert Job.objects.count() == 2
