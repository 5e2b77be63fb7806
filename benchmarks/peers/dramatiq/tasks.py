"""The peer's task."""

import dramatiq


@dramatiq.actor
def nothing() -> dict[str, int]:
    return {"rows": 5}
