"""Where a job stands, and how it came in."""

from django.db import models


class Status(models.TextChoices):
    """Where a job stands; docs/lifecycle.md has the picture."""

    PENDING = "PENDING", "Pending"
    PROCESSING = "PROCESSING", "Processing"
    COMPLETED = "COMPLETED", "Completed"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"


ACTIVE = (Status.PENDING, Status.PROCESSING)
SETTLED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class Source(models.TextChoices):
    """The door a job came in by."""

    API = "api", "API"
    ADMIN = "admin", "Admin"
    COMMAND = "command", "Command"
