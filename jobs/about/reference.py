"""References to objects: two columns of a job, or the text `app.model:key`."""

from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Field, Model

from jobs.errors import InvalidAbout
from jobs.models import Job
from jobs.safe_text import storable

KEY_LIMIT = 255
NOT_VIEWABLE = "There is no such object, or you may not view it."


@dataclass(frozen=True)
class Reference:
    """A content type, and the object's primary key as text."""

    type_id: int
    key: str

    @property
    def text(self) -> str:
        """The reference as `shop.order:17`; "" if the model's app was removed."""
        try:
            kind = ContentType.objects.get_for_id(self.type_id)
        except ContentType.DoesNotExist:
            return ""
        return f"{kind.app_label}.{kind.model}:{self.key}"


def reference_of(instance: Any) -> Reference:
    """The reference to an object; of a proxy model, as that of the model with the table.

    Raises: InvalidAbout if it was not saved, or its key cannot be stored. TypeError for another
    value than an object of a model.
    """
    if not isinstance(instance, Model):
        raise TypeError(f"about is {instance!r:.100}. Give an object of a model, or None.")
    if instance._state.adding or instance.pk in (None, ""):
        raise InvalidAbout("The object is not saved yet.")
    if isinstance(instance.pk, tuple):
        raise InvalidAbout("An object with a composite key is not supported.")
    # As PostgreSQL returns it: a UUID may have been given as text in another spelling.
    key = str(key_value(instance._meta.model, str(instance.pk)))
    if len(key) > KEY_LIMIT:
        raise InvalidAbout(f"The key of the object has more than {KEY_LIMIT} characters.")
    return Reference(ContentType.objects.get_for_model(instance).pk, key)


def reference_in(job: Job) -> Reference | None:
    """The reference to the object that the job is about, if it is about one."""
    return None if job.about_type is None else Reference(job.about_type, job.about_key)


def parse_reference(text: str) -> Reference | None:
    """The reference in a text such as `shop.order:17`; None if no object can have it."""
    label, colon, key = text.partition(":")
    app, _, name = label.lower().partition(".")
    if not colon or len(key) > KEY_LIMIT or storable(text, len(text)) != text:
        return None
    try:
        kind = ContentType.objects.get_by_natural_key(app, name)
    except ContentType.DoesNotExist:
        return None
    model = kind.model_class()
    value = None if model is None else key_value(model, key)
    if model is None or value is None:
        return None
    return Reference(ContentType.objects.get_for_model(model).pk, str(value))


def key_value(model: type[Model], key: str) -> Any:
    """The primary key in a text, as the model has it; None if it cannot be one."""
    field: Any = model._meta.pk
    while getattr(field, "remote_field", None):  # of a model that inherits a table
        field = field.target_field
    if not isinstance(field, Field) or not hasattr(field, "get_internal_type"):
        return None
    try:
        return field.clean(key, None)
    except (ValidationError, ValueError, TypeError, ArithmeticError):
        return None
