"""Closes a session of PostgreSQL in which a handler changed more than rows.

A statement is plain if it changes rows at most. Everything else that a session may keep (settings,
temporary tables, locks, prepared statements, LISTEN, a role) comes from statements that are not
plain, so a handler that sends none costs nothing.
"""

import re
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.backends.signals import connection_created
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, cursor

from jobs.database import WORKER_DB

PLAIN = re.compile(
    r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|VALUES|WITH"
    r"|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT"
    r"|SET TRANSACTION|SET LOCAL|SET CONSTRAINTS|LOCK TABLE|FETCH|CLOSE|SHOW)\b",
    re.IGNORECASE,
)
# More than one statement, a comment that hides a call, SELECT INTO.
ELSEWHERE = re.compile(r";|/\*|--|\bINTO\b", re.IGNORECASE)
TARGET = re.compile(r"\s*INSERT INTO [^\s(]+(\s*\()?", re.IGNORECASE)
CALL = re.compile(r'([\w$]+|"[^"]*")\s*\(')
# What may stand before a parenthesis: SQL keywords, types, and functions that leave nothing in the
# session.
HARMLESS = frozenset(
    """
    all and any array as between by case char character conflict decimal distinct else end
    except exists extract filter from group having in intersect interval into is join lateral
    limit materialized not numeric offset on or order over partition precision returning row
    rows select set some then time timestamp union update using values varchar when where with
    within

    current_setting
    abs age array_agg array_length array_position array_to_string avg bool_and bool_or btrim
    cardinality ceil ceiling char_length chr clock_timestamp coalesce concat concat_ws corr
    count covar_pop covar_samp cume_dist date date_part date_trunc decode dense_rank div encode
    every exp first_value floor gen_random_uuid generate_series greatest initcap json_agg
    json_array_elements json_build_object jsonb_agg jsonb_array_elements jsonb_array_length
    jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text
    jsonb_object_keys jsonb_path_query jsonb_set jsonb_strip_nulls jsonb_to_recordset
    jsonb_typeof lag last_value lead least left length ln localtimestamp log lower lpad ltrim
    make_date make_interval make_time make_timestamp max md5 min mod now nth_value ntile nullif
    octet_length overlay percent_rank percentile_cont percentile_disc pi position power random
    rank regexp_match regexp_matches regexp_replace repeat replace reverse right round
    row_number row_to_json rpad rtrim sha224 sha256 sha384 sha512 sign split_part sqrt
    starts_with statement_timestamp stddev_pop stddev_samp string_agg string_to_array strpos
    substr substring sum to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery
    to_tsvector transaction_timestamp translate trim trunc ts_rank unnest upper var_pop var_samp
    width_bucket
    """.split()  # noqa: SIM905 (a list of 150 strings is harder to read)
)

_session_changed = False
# By alias: the attributes of Django's connection when it was new.
_new: dict[str, tuple[Any, ...]] = {}


@lru_cache(maxsize=512)
def is_plain(sql: str) -> bool:
    """Return whether a statement certainly leaves nothing in its session after its transaction."""
    rest = TARGET.sub("", sql, 1)
    calls = {name.lower() for name in CALL.findall(rest)}
    return bool(PLAIN.match(sql)) and not ELSEWHERE.search(rest) and calls <= HARMLESS


class WatchedCursor(cursor):
    """Notes whether a statement was not plain."""

    def execute(self, query: Any, variables: Any = None) -> None:
        """Execute one statement."""
        _note_statement(query)
        super().execute(query, variables)

    def executemany(self, query: Any, variables: Any) -> None:
        """Execute a statement once for each row of variables."""
        _note_statement(query)
        super().executemany(query, variables)

    def callproc(self, name: Any, *args: Any) -> Any:
        """Call a function, which may change the session."""
        _note_statement(None)
        return super().callproc(name, *args)


def _note_statement(query: Any) -> None:
    global _session_changed
    if not _session_changed and not (isinstance(query, str) and is_plain(query)):
        _session_changed = True


def _watch_connection(connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "postgresql":
        if connection.alias != WORKER_DB:  # the handler's statements, not those of the job system
            connection.connection.cursor_factory = WatchedCursor
        _new[connection.alias] = _attributes(connection.connection)


def watch_connections() -> None:
    """Watch the connections that this pool process opens."""
    connection_created.connect(_watch_connection)


def _attributes(raw: Any) -> tuple[Any, ...]:
    modes = raw.autocommit, raw.isolation_level, raw.readonly, raw.deferrable
    return *modes, raw.encoding, raw.cursor_factory


def renew_sessions() -> None:
    """Close the connections whose session the handler may have changed; keep the others."""
    global _session_changed
    changed, _session_changed = _session_changed, False
    for connection in connections.all(initialized_only=True):
        if connection.connection is None:
            continue
        is_handlers = connection.alias != WORKER_DB
        if (changed and is_handlers) or not _is_as_new(connection):
            connection.close()
            # Django's wrapper of it may hold a transaction, execute wrappers and hooks.
            del connections[connection.alias]
        elif is_handlers:
            connection.close_if_unusable_or_obsolete()


def _is_as_new(connection: Any) -> bool:
    raw = connection.connection
    return not (
        raw.closed
        or connection.in_atomic_block
        or connection.execute_wrappers
        or connection.force_debug_cursor
        or raw.info.transaction_status != TRANSACTION_STATUS_IDLE
        or (connection.alias in _new and _attributes(raw) != _new[connection.alias])
    )
