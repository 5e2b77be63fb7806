"""The jobs about an object on its page in the admin, and launches about it or the ticked ones."""

from jobs.admin.object_jobs.mixin import ObjectJobsMixin

__all__ = ["ObjectJobsMixin"]
