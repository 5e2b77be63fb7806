"""Whether the database has the tables of this version."""

import logging
import threading

from django.db import Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from jobs.database.trouble import Trouble, explain, trouble

FIX = "Run manage.py migrate with this version"
LOOK_EVERY_SECONDS = 2.0


def schema_fault(using: str) -> str:
    """Return why the tables are not those of this version, with the fix, in a sentence; "" if they are.

    Tables of a newer version are no fault: during a deploy the old processes work on with them.

    Raises: django.db.Error.
    """
    executor = MigrationExecutor(connections[using])
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return ""
    first = missing[0][0]
    count = f"{len(missing)} migrations" if len(missing) > 1 else "one migration"
    return f"The database lacks {count} of this version, first {first.app_label}.{first.name}. {FIX}."


def diagnose(error: BaseException, using: str) -> tuple[Trouble, str]:
    """Return what an error means, and a sentence for the log.

    A table or column that does not exist is a bug, unless the database lacks migrations: then the sentence has the fix.
    """
    meaning, sentence = trouble(error), explain(error)
    if meaning is Trouble.OUTDATED:
        try:
            sentence = schema_fault(using)
        except Error:
            return meaning, sentence
        if not sentence:
            return Trouble.BUG, explain(error)
    return meaning, sentence


def newer_migrations(using: str) -> list[str]:
    """Return the applied migrations that this version does not know.

    Raises: django.db.Error.
    """
    loader = MigrationLoader(connections[using])
    labels = {label for label, _ in loader.disk_migrations}
    unknown = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    return sorted(f"{label}.{name}" for label, name in unknown if label in labels)


def await_tables(logger: logging.Logger, who: str, *, using: str, stopped: threading.Event) -> None:
    """Return once the database has the tables of this version, or once `stopped` is set.

    Logs what is missing, and its fix, once. A database that does not answer is not waited for: the first statement
    finds that out, and is repeated.
    """
    said = ""
    while not stopped.is_set():
        try:
            fault = schema_fault(using)
            newer = newer_migrations(using)
        except Error:
            break
        if not fault:
            _warn_of_newer(logger, newer)
            break
        if fault != said:
            logger.error("%s %s.", fault, who)
            said = fault
        stopped.wait(LOOK_EVERY_SECONDS)
    connections[using].close()


def _warn_of_newer(logger: logging.Logger, newer: list[str]) -> None:
    if newer:
        logger.warning(
            "The database has migrations that this version does not know (%s). Deploy the version they belong to.",
            ", ".join(newer),
        )
