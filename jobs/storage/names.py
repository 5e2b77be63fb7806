"""The names of files of jobs in the storage; layout.py says which folders hold them."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NAME = re.compile(
    rf"[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/[0-9]{{2}}/({ID})-[0-9a-f]{{32}}|({ID})/[0-9a-f]{{32}}"
)


def new_name(job_id: UUID) -> str:
    """Return a new name for a file of the job in the storage."""
    return f"{datetime.now(UTC):%Y/%m/%d/%H}/{job_id}-{uuid4().hex}"


def job_of(name: str) -> UUID | None:
    """Return the id of the job whose file has this name in the storage; None if none can."""
    match = NAME.fullmatch(name)
    return UUID(match[1] or match[2]) if match else None
