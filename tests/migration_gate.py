"""Which operations of migrations would stop the site, or the version that runs, during an upgrade.

`python -m tests.servers python -m tests.migration_gate` prints them; tests/test_migration_gate.py
fails if there is one. squawk reads the statements of each migration; this module adds what only
Django's operations show, and how to write it in Django.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import django
from django.db import connection, migrations
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

# Matters of taste; and limits of time, which jobs/database/schema_editor.py sets.
NOT_ASKED = (
    "ban-char-field,identifier-too-long,prefer-bigint-over-int,prefer-bigint-over-smallint,"
    "prefer-identity,prefer-robust-stmts,prefer-text-field,prefer-timestamp-tz,"
    "require-lock-timeout,require-statement-timeout,require-timeout-settings,transaction-nesting"
)
# The last migration of version 1.0.0: a new installation alone runs those up to it.
BASELINE = "0011_know_failures_by_kind"
# Unsafe by the letter, and why it does no harm; a migration that is on main is never edited.
EXEMPT = {
    "jobs.0015_know_forms_of_tokens": "The table of API tokens has a row for each token: its "
    "index is built in a moment.",
    "jobs.0018_make_unique_by_boolean": "An index that is built takes the name of the one that it "
    "replaces, in one transaction that gives up after 2 s.",
    "jobs.0022_know_tokens_of_jobs": "The table of API tokens, which is small, is written again.",
    "jobs.0033_keep_audit_trail_of_any_user_model": "It fills a table that it makes; nobody else "
    "uses that yet.",
    "jobs.0046_add_keys_of_holds": "The table of holds has a row for each hold: its index is "
    "built in a moment.",
}
EXPAND = "the version before still uses it: stop using it in this version, and do this in the next"
IN_DJANGO = {
    "adding-field-with-default": "add it nullable, and fill it in batches in a later migration",
    "adding-foreign-key-constraint": "db_constraint=False, or add it NOT VALID by RunSQL and "
    "VALIDATE it in the next migration",
    "adding-not-nullable-field": "AddConstraintNotValid with CHECK (... IS NOT NULL), then "
    "ValidateConstraint in the next migration",
    "adding-required-field": "give the column a db_default",
    "ban-drop-column": EXPAND,
    "ban-drop-default": "give the column a db_default, because the version before does not name it",
    "ban-drop-not-null": "the version before reads NULL: let it cope with NULL first",
    "ban-drop-table": EXPAND,
    "changing-column-type": "add a second column, write both, and drop the first a version later",
    "constraint-missing-not-valid": "AddConstraintNotValid, then ValidateConstraint in the next "
    "migration",
    "data-with-schema": "move it to a migration of its own, and work in batches there",
    "disallowed-unique-constraint": "CREATE UNIQUE INDEX CONCURRENTLY by RunSQL, as in 0028",
    "renaming-column": "keep the name of the column (db_column), or add a second one",
    "renaming-table": "keep the name of the table (db_table)",
    "require-concurrent-index-creation": "AddIndexConcurrently in a migration of its own with "
    "atomic = False",
    "require-concurrent-index-deletion": "RemoveIndexConcurrently in a migration of its own with "
    "atomic = False",
}


@dataclass(frozen=True)
class Finding:
    """An unsafe operation; `str` says what it is, why, and what to do."""

    migration: str
    operation: str
    rule: str
    reason: str
    fix: str

    def __str__(self) -> str:
        return (
            f"{self.migration}: {self.operation} ({self.rule}). {self.reason.rstrip('.')}."
            f" Instead: {self.fix}."
        )


@dataclass
class Statements:
    """The statements of one migration, each in lines of its own, and their operations."""

    lines: list[str] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    def add(self, operation: Operation, statements: Iterable[str]) -> None:
        for statement in statements:
            found = statement.splitlines()
            self.lines += found
            self.operations += [operation] * len(found)


def landed_findings() -> Iterator[Finding]:
    """Yield the unsafe operations of the migrations of the jobs since BASELINE."""
    loader = MigrationLoader(connection)
    for app, name in sorted(loader.graph.nodes):
        if app == "jobs" and name > BASELINE:
            state = loader.project_state((app, name), at_end=False)
            yield from findings(loader.get_migration(app, name), state)


def findings(migration: Migration, state: Any) -> Iterator[Finding]:
    """Yield the unsafe operations of a migration that follows the project's state."""
    statements = _statements(migration, state)
    name = f"{migration.app_label}.{migration.name}"
    for found in _squawk(statements.lines, in_transaction=migration.atomic):
        operation = statements.operations[found["line"]]
        rule = found["rule_name"]
        fix = IN_DJANGO.get(rule) or (found["help"] or "see squawkhq.com").rstrip(".")
        yield Finding(name, _described(operation), rule, found["message"], fix)
    code = [one for one in migration.operations if isinstance(one, migrations.RunPython)]
    if code and statements.lines and migration.atomic:
        reason = "Rows are changed while the tables of its other operations are locked"
        rule = "data-with-schema"
        yield Finding(name, _described(code[0]), rule, reason, IN_DJANGO[rule])


def _statements(migration: Migration, state: Any) -> Statements:
    found = Statements()
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        for operation in migration.operations:
            before, count = state.clone(), len(editor.collected_sql)
            operation.state_forwards(migration.app_label, state)
            if operation.reduces_to_sql:
                operation.database_forwards(migration.app_label, editor, before, state)
            late = [f"{statement};" for statement in editor.deferred_sql]
            editor.deferred_sql.clear()
            found.add(operation, [*editor.collected_sql[count:], *late])
    return found


def _squawk(lines: list[str], *, in_transaction: bool) -> list[dict[str, Any]]:
    command = ["squawk", "--reporter=json", "--pg-version=14", f"--exclude={NOT_ASKED}"]
    command += ["--assume-in-transaction"] if in_transaction else []
    where = os.path.dirname(sys.executable)
    done = subprocess.run(
        [os.path.join(where, command[0]), *command[1:], "--stdin-filepath=migration.sql"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout or "[]")


def _described(operation: Operation) -> str:
    return operation.describe().rstrip(".")


def main() -> int:
    """Print what is unsafe and not exempt; 1 if there is something."""
    found = [one for one in landed_findings() if one.migration not in EXEMPT]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    sys.exit(main())
