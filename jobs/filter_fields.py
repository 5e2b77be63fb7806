"""Form fields of filters: one or several values of a list, with commas between them."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

IDS_LIMIT = 100
REPEATED = ("status", "id")  # these filters may be given several times, which is the same as commas


class SomeOf(forms.Field):
    """Some of the words that are allowed, with commas between them."""

    def __init__(self, *, words: list[str], **options: Any) -> None:
        super().__init__(**options)
        self.words = words

    def to_python(self, value: str | None) -> list[str]:
        found = value.split(",") if value else []
        if unknown := [word for word in found if word not in self.words]:
            raise ValidationError(f"{unknown[0]!r} is none of: {', '.join(self.words)}.")
        return found


class OneOf(forms.CharField):
    """One of the words that are allowed."""

    def __init__(self, *, words: list[str], **options: Any) -> None:
        super().__init__(**options)
        self.words = words

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and value not in self.words:
            raise ValidationError(f"{value!r} is none of: {', '.join(self.words)}.")


class Ids(forms.Field):
    """Several ids by commas."""

    def to_python(self, value: str | None) -> list[UUID]:
        words = value.split(",") if value else []
        if len(words) > IDS_LIMIT:
            raise ValidationError(f"At most {IDS_LIMIT} ids.")
        try:
            return [UUID(word) for word in words]
        except ValueError:
            raise ValidationError("Must be UUIDs, with commas between them.") from None
