"""Migrations change tables while the version before runs, and hold up no submission."""

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from tests.migration_gate import EXEMPT, findings, landed_findings

# Not in a transaction: Django refuses to build indexes concurrently there.
pytestmark = pytest.mark.django_db(transaction=True)
INDEX = models.Index(fields=["name"], name="jobs_job_try")
CHECK = models.CheckConstraint(condition=~models.Q(name="-"), name="jobs_job_try")
UNIQUE = models.UniqueConstraint(fields=["name"], name="jobs_job_try")
ACCOUNT = models.ForeignKey("auth.User", models.SET_NULL, null=True, related_name="+")
UNSAFE = {
    "a column without a default in the database": (
        migrations.AddField("job", "more", models.IntegerField(default=0)),
        "ban-drop-default",
        "db_default",
    ),
    "a default that writes each row": (
        migrations.AddField(
            "job", "more", models.FloatField(db_default=models.functions.Random(), default=0)
        ),
        "adding-field-with-default",
        "nullable",
    ),
    "an index": (
        migrations.AddIndex("job", INDEX),
        "require-concurrent-index-creation",
        "AddIndexConcurrently",
    ),
    "an index that goes": (
        migrations.RunSQL("DROP INDEX jobs_job_words"),
        "require-concurrent-index-deletion",
        "RemoveIndexConcurrently",
    ),
    "a column that goes": (
        migrations.RemoveField("job", "worker"),
        "ban-drop-column",
        "stop using it in this version",
    ),
    "another name of a column": (
        migrations.RenameField("job", "worker", "runner"),
        "renaming-column",
        "db_column",
    ),
    "another name of a table": (
        migrations.RenameModel("Worker", "Runner"),
        "renaming-table",
        "db_table",
    ),
    "a table that goes": (
        migrations.DeleteModel("TokenRefusal"),
        "ban-drop-table",
        "stop using it in this version",
    ),
    "a foreign key": (
        migrations.AddField("job", "owner", ACCOUNT),
        "adding-foreign-key-constraint",
        "db_constraint=False",
    ),
    "a rule about rows": (
        migrations.AddConstraint("job", CHECK),
        "constraint-missing-not-valid",
        "ValidateConstraint",
    ),
    "a unique rule": (
        migrations.AddConstraint("job", UNIQUE),
        "disallowed-unique-constraint",
        "CONCURRENTLY",
    ),
    "another type": (
        migrations.AlterField("job", "attempt", models.BigIntegerField(db_default=0)),
        "changing-column-type",
        "second column",
    ),
    "a column that may not be empty any more": (
        migrations.RunSQL("ALTER TABLE jobs_job ALTER COLUMN pid SET NOT NULL"),
        "adding-not-nullable-field",
        "AddConstraintNotValid",
    ),
    "a column that may be empty": (
        migrations.RunSQL("ALTER TABLE jobs_job ALTER COLUMN name DROP NOT NULL"),
        "ban-drop-not-null",
        "reads NULL",
    ),
}
SAFE = {
    "a column with a default in the database": migrations.AddField(
        "job", "more", models.CharField(max_length=20, db_default="")
    ),
    "a column that may be empty": migrations.AddField(
        "job", "more", models.BigIntegerField(null=True)
    ),
    "a reference without a constraint": migrations.AddField(
        "job",
        "owner",
        models.ForeignKey(
            "auth.User", models.DO_NOTHING, null=True, db_constraint=False, db_index=False
        ),
    ),
    "a column that the code stops using": migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField("job", "unique_key")]
    ),
    "a table with keys and indexes": migrations.CreateModel(
        "Note",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("text", models.CharField(max_length=50, unique=True)),
            ("job", models.ForeignKey("jobs.Job", models.CASCADE)),
        ],
    ),
}


@pytest.fixture(scope="module")
def state(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return MigrationLoader(connection).project_state()


def migration(*operations, atomic=True):
    made = migrations.Migration("9999_try", "jobs")
    made.operations, made.atomic = list(operations), atomic
    return made


def test_no_migration_stops_the_site_or_the_version_before():
    assert [str(found) for found in landed_findings() if found.migration not in EXEMPT] == []


def test_each_exempt_migration_is_one_that_would_be_refused():
    assert set(EXEMPT) <= {found.migration for found in landed_findings()}


@pytest.mark.parametrize("kind", UNSAFE)
def test_an_unsafe_operation_is_named_with_reason_and_fix(kind, state):
    operation, rule, fix = UNSAFE[kind]
    found = [one for one in findings(migration(operation), state.clone()) if one.rule == rule]
    assert found, f"{rule} is not found"
    sentence = str(found[0])
    assert sentence.startswith(f"jobs.9999_try: {operation.describe()} ({rule}). ")
    assert fix in sentence.partition("Instead: ")[2]


@pytest.mark.parametrize("kind", SAFE)
def test_a_safe_operation_is_let_through(kind, state):
    assert list(findings(migration(SAFE[kind]), state.clone())) == []


def test_an_index_built_concurrently_outside_a_transaction_is_let_through(state):
    built = migration(AddIndexConcurrently("job", INDEX), atomic=False)
    assert list(findings(built, state.clone())) == []


def test_rows_are_not_changed_while_tables_are_locked(state):
    code = migrations.RunPython(migrations.RunPython.noop)
    column = migrations.AddField("job", "more", models.CharField(max_length=20, db_default=""))
    [found] = findings(migration(column, code), state.clone())
    assert found.rule == "data-with-schema"
    assert list(findings(migration(code), state.clone())) == []
