"""Hostile messages for a queue: any bytes, and messages that ask for more than their job."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

ODD: list[Any] = [
    None, True, 0, -1, 5, 1e308, 10**400, "", "x", "\x00", "\ud800", [], {}, [1], {"a": 1},
    [[]] * 9,
    "2026-11-25T12:00:00", "1970-01-01T00:00:00", "garbage", "x" * 10_000, {"id": {}}, {"task": []},
]  # fmt: skip
SIGNATURE = {
    "task": "jobs.run_job",
    "args": [],
    "kwargs": {},
    "options": {"task_id": "0193f5a0-0000-7000-8000-000000000000", "queue": "default"},
}
# What a message may hold beside its job's id.
HEADERS = [
    "lang", "eta", "expires", "retries", "timelimit", "callbacks", "errbacks", "chain", "chord",
    "group", "groups",
    "group_index", "root_id", "parent_id", "shadow", "argsrepr", "kwargsrepr", "origin",
    "ignore_result", "stamps",
    "stamped_headers", "replaced_task_nesting", "compression", "priority", "countdown", "method",
    "redelivered",
]  # fmt: skip
PROPERTIES = [
    "correlation_id", "reply_to", "delivery_mode", "delivery_info", "priority", "body_encoding",
    "delivery_tag",
    "expiration",
]  # fmt: skip
TOP = ("body", "content-type", "content-encoding", "properties")

NO_MESSAGES = [
    b"", b"x", b"5", b"[]", b"{}", b"null", b"true", b'""', b"NaN", b"garbage", b"\xff\xfe\x00",
    b"\x80\x04N.",
    b"[" * 100_000, b'{"headers":' * 5_000, b"9" * 60_000, b"x" * 5_000_000, b'{"headers": null}',
    b"\x00" * 64,
    b'{"headers": {"task": "jobs.run_job"}}', b'{"headers": {"id": 5, "task": "jobs.run_job"}}',
    (b'{"headers": {"task": "celery.backend_cleanup",'
    b' "id": "0193f5a0-0000-7000-8000-000000000000"}}'),
]  # fmt: skip


def no_messages(count: int, like: bytes, seed: int) -> Iterator[bytes]:
    """Generate bytes of which no job's id can be read; `like` is a message to be broken."""
    chance = random.Random(seed)
    yield from NO_MESSAGES[:count]
    for _ in range(count - len(NO_MESSAGES)):
        message = json.loads(like)
        kind = chance.randrange(5)
        if kind == 0:
            yield chance.randbytes(chance.randrange(1, 300))
            continue
        if kind == 1:
            yield like[: chance.randrange(len(like) - 1)]
            continue
        if kind == 2:
            message["headers"] = chance.choice(ODD)
        else:
            message["headers"][chance.choice(["task", "id"])] = chance.choice(ODD)
        yield json.dumps(message).encode()


def with_wishes(like: bytes, chance: random.Random) -> bytes:
    """Return the message with everything but its job's id and task changed at random."""
    message = copy.deepcopy(json.loads(like))
    for name in chance.sample(HEADERS, chance.randrange(1, 8)):
        message["headers"][name] = chance.choice(
            [*ODD[:-4], [SIGNATURE], SIGNATURE, [0, 0], [None, 1e-9]]
        )
    for name in chance.sample(PROPERTIES, chance.randrange(4)):
        message["properties"][name] = chance.choice(ODD)
    for name in chance.sample(TOP, chance.randrange(3)):
        message[name] = chance.choice(ODD)
    for name in chance.sample(TOP, chance.randrange(2)):
        del message[name]
    return json.dumps(message).encode()
