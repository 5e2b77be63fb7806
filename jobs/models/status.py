"""The statuses of a job, and the sources of submissions."""

from django.db import models


class Status(models.TextChoices):
    """The status of a job; docs/lifecycle.md has a picture."""

    PENDING = "PENDING", "Pending"
    PROCESSING = "PROCESSING", "Processing"
    COMPLETED = "COMPLETED", "Completed"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"


ACTIVE = (Status.PENDING, Status.PROCESSING)
SETTLED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
# All but the few that run. An index of these costs a job two writes instead of three.
NOT_RUNNING = (Status.PENDING, *SETTLED)


class Source(models.TextChoices):
    """How a job was submitted."""

    API = "api", "API"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Command"
    CODE = "code", "Code"
