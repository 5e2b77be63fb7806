"""Cuts texts to the length of their columns.

PostgreSQL refuses a longer text, and with it the whole statement: an outcome, a request to stop, a
heartbeat.
"""

from django.db.models import Model

from jobs.safe_text import storable


def fitted(model: type[Model], **texts: object) -> dict[str, str]:
    """Return the texts, by column of `model`, as PostgreSQL accepts them: storable and cut."""
    return {name: storable(text, _limit(model, name)) for name, text in texts.items()}


def _limit(model: type[Model], name: str) -> int:
    limit: int = getattr(model._meta.get_field(name), "max_length")  # noqa: B009 (the stubs do not know it)
    return limit
