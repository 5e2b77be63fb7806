"""Who may export which table, and that no export holds a secret."""

import json

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from jobs import parameters, services
from jobs.engine.worker.execution import execute
from jobs.errors import NotPermitted
from jobs.models import Job, JobEvent, Source, Status
from jobs.types.export.tables import TABLES
from tests.support import people
from tests.support.factories import make_job, make_worker
from tests.types.exports import claimed, exported, make_viewer, run_export

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

FORMATS = ["csv", "xlsx", "jsonl"]

SECRETS = {
    "password",
    "digest",
    "token_key",
    "idempotency_key",
    "request_hash",
    "session_data",
    "session_key",
}

GUARDED = [model for model, table in TABLES.items() if table.permission]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("model", TABLES)
def test_every_registered_table_is_exported_to_those_who_may_view_it(model, format):
    make_worker()
    permission = TABLES[model].permission
    assert (
        exported(make_viewer(*[permission] if permission else []), model=model, format=format)
        is not None
    )


@pytest.mark.parametrize("model", GUARDED)
def test_an_export_of_what_one_may_not_view_is_refused_at_the_launch(model):
    alice = make_viewer(username="alice")
    caller = services.Caller(user=alice, name="alice", source=Source.API)
    with pytest.raises(NotPermitted) as refused:
        services.submit(caller, type="export", params={"model": model})
    assert str(refused.value) == (
        f'"Export data" with these parameters needs the permission {TABLES[model].permission}, '
        "which alice does not have."
    )
    assert not Job.objects.exists()


@pytest.mark.parametrize("model", GUARDED)
def test_an_export_of_somebody_demoted_meanwhile_fails_and_says_why(model):
    outcome, written = run_export(make_viewer(username="dora"), model=model)
    assert (outcome.status, outcome.error_code, written) == (Status.FAILED, "exception", b"")
    assert outcome.error_message.endswith(
        f"needs the permission {TABLES[model].permission}, which dora does not have."
    )


def test_an_export_whose_launcher_was_deleted_meanwhile_fails():
    job = claimed(make_viewer())
    User.objects.all().delete()
    assert execute(job).error_message == "The account that launched this job is gone."


def test_who_may_not_see_all_jobs_exports_their_own_and_their_events():
    alice = people.launcher()
    mine, other = make_job(created_by=alice), make_job()
    for job in (mine, other):
        JobEvent.objects.create(job=job, to_status=Status.PENDING, actor="x")
    assert {row["id"] for row in exported(alice)} >= {str(mine.id)}
    assert str(other.id) not in {row["id"] for row in exported(alice)}
    assert [row["job_id"] for row in exported(alice, model="jobs.jobevent")] == [str(mine.id)]
    assert len(exported(make_viewer(), model="jobs.jobevent")) == 2


@pytest.mark.parametrize("format", FORMATS)
def test_secret_params_are_masked(make_type, format):
    kind = make_type(secret_fields=("password",))
    make_job(type=kind.slug, params={"password": "hunter2", "host": "db"})
    _, written = run_export(make_viewer(), format=format)
    row = exported(make_viewer(), format=format)[0]
    assert b"hunter2" not in written
    params = row["params"] if format == "jsonl" else json.loads(row["params"])
    assert params == {"password": parameters.MASK, "host": "db"}


def test_all_params_of_a_type_that_is_gone_are_masked():
    make_job(type="long_gone", params={"password": "hunter2"})
    assert exported(make_viewer())[0]["params"] == {"password": parameters.MASK}


def test_no_column_of_any_table_holds_a_secret():
    for table in TABLES.values():
        assert not SECRETS & set(table.fields)
    assert not {"jobs.apitoken", "sessions.session"} & set(TABLES)


def test_every_field_that_tells_a_secret_exists_so_that_the_test_above_can_fail():
    fields = {field.name for model in apps.get_models() for field in model._meta.fields}
    assert fields >= SECRETS


def test_an_export_of_accounts_has_no_password():
    boss = make_viewer("auth.view_user", username="boss", password="hunter2")
    _, written = run_export(boss, model="auth.user", format="csv")
    assert b"boss" in written
    assert boss.password.encode() not in written
