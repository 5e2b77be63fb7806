"""Checks that the database has the tables of this version."""

import logging
import threading

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor

from jobs.database.trouble import FOR_CALLERS, Trouble, explain, trouble
from jobs.errors import DatabaseUnavailable, TooSlow

FIX = "Run manage.py migrate with this version"
NEWER_FIX = "Deploy the version they belong to"
RECHECK_SECONDS = 2.0


def schema_fault(using: str) -> str:
    """Return which migrations are missing, and the fix, in a sentence; "" if none is.

    Tables of a newer version are no fault: during a deploy the old processes work on with them.

    Raises: django.db.Error.
    """
    return _missing(MigrationExecutor(connections[using]))


def diagnose(error: BaseException, using: str) -> tuple[Trouble, str]:
    """Return what an error means, and a sentence for the log.

    A missing table or column is a bug if the tables are those of this version; if they are older or
    newer, the sentence has the fix.
    """
    meaning, said = trouble(error), explain(error)
    if meaning is not Trouble.OUTDATED:
        return meaning, said
    try:
        executor = MigrationExecutor(connections[using])
        fault = _missing(executor) or _newer(executor)
    except Error:
        return meaning, said
    return (meaning, fault) if fault else (Trouble.BUG, said)


def unavailable(error: BaseException, using: str = DEFAULT_DB_ALIAS) -> DatabaseUnavailable | None:
    """Return the DatabaseUnavailable to raise for an error of PostgreSQL; None for a bug."""
    kind, diagnosis = diagnose(error, using)
    if kind is Trouble.BUG:
        return None
    sentence, retry_after_seconds = FOR_CALLERS[kind]
    error_class = TooSlow if kind is Trouble.TOO_SLOW else DatabaseUnavailable
    return error_class(sentence, diagnosis, retry_after_seconds)


def await_tables(
    logger: logging.Logger, consequence: str, *, using: str, stopped: threading.Event
) -> None:
    """Block until the database has the tables of this version, or `stopped` is set.

    Logs once what is missing, its fix, and `consequence`. Returns if the database does not answer:
    the first statement will find that out and be repeated.
    """
    logged = ""
    while not stopped.is_set():
        try:
            executor = MigrationExecutor(connections[using])
            fault, newer = _missing(executor), _newer(executor)
        except Error:
            break
        if not fault:
            if newer:
                logger.warning(newer)
            break
        if fault != logged:
            logger.error("%s %s.", fault, consequence)
            logged = fault
        stopped.wait(RECHECK_SECONDS)
    connections[using].close()


def _missing(executor: MigrationExecutor) -> str:
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return ""
    first = missing[0][0]
    count = f"{len(missing)} migrations" if len(missing) > 1 else "one migration"
    return (
        f"The database lacks {count} of this version, first {first.app_label}.{first.name}. {FIX}."
    )


def _newer(executor: MigrationExecutor) -> str:
    loader = executor.loader
    labels = {label for label, _ in loader.disk_migrations}
    unknown = (loader.applied_migrations or {}).keys() - loader.disk_migrations.keys()
    names = sorted(f"{label}.{name}" for label, name in unknown if label in labels)
    if not names:
        return ""
    unknown_names = ", ".join(names)
    return (
        f"The database has migrations that this version does not know ({unknown_names})."
        f" {NEWER_FIX}."
    )
