"""The bodies of requests, validated strictly, and errors of the params in an invalid body."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs import services
from jobs.api.http.error_entries import service_error_entries
from jobs.api.http.problems import as_problem
from jobs.errors import Invalid
from jobs.lifecycle import MESSAGE_LIMIT
from jobs.safe_text import NAME_LIMIT, name_error
from jobs.services import Action, Caller, Launch

BATCH_LIMIT = 500


class Text(serializers.CharField):
    """A JSON string; DRF's field would also take the number 5, as "5"."""

    default_error_messages = {"invalid": "Must be a text."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Boolean(serializers.BooleanField):
    """A JSON boolean; DRF's field would also take "yes" and 1."""

    default_error_messages = {"invalid": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "object", "additionalProperties": {}})
class JsonObject(serializers.Field):
    """A JSON object, unchanged."""

    default_error_messages = {"invalid": "Must be a JSON object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class StrictSerializer(serializers.Serializer):
    """Refuses unknown fields: a misspelled or read-only field would otherwise be ignored."""

    default_error_messages = {"invalid": "Must be a JSON object."}

    def to_internal_value(self, data: Any) -> Any:
        errors = self.body_errors(data) if isinstance(data, dict) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**errors, **error.detail}) from error
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def body_errors(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return errors of the body as a whole, by field name."""
        unknown = data.keys() - self.fields.keys()
        if not unknown:
            return {}
        message = f"This field may not be sent; allowed: {', '.join(self.fields)}."
        return {
            name: serializers.ErrorDetail(message, "unknown") for name in data if name in unknown
        }


class Name(Text):
    """A job's name. Not trimmed: it is stored as sent, accents composed (NFC), or refused."""

    def run_validators(self, value: str) -> None:
        """Raises: ValidationError. DRF's own validators would name the same fault again."""
        if error := name_error(value):
            raise serializers.ValidationError(error)


def name_field() -> Name:
    """A job's name; its limits are for the schema."""
    return Name(required=False, max_length=NAME_LIMIT, min_length=1, trim_whitespace=False)


class SubmitSerializer(StrictSerializer):
    """What POST /jobs/ takes: a `name`, a `type`, or both.

    The name of a job without one is its type's label.
    """

    name = name_field()
    type = Text(required=False)
    params = JsonObject(required=False)
    about = Text(required=False, allow_null=True, max_length=460, trim_whitespace=False)

    def body_errors(self, data: dict[str, Any]) -> dict[str, Any]:
        errors = super().body_errors(data)
        if not data.keys() & {"name", "type"}:
            errors["name"] = serializers.ErrorDetail("Send a name, a type, or both.", "required")
        return errors


class BatchSerializer(StrictSerializer):
    """What POST /jobs/batch/ takes."""

    jobs = serializers.ListField(child=SubmitSerializer(), min_length=1, max_length=BATCH_LIMIT)


class RerunSerializer(StrictSerializer):
    """What POST /jobs/{id}/rerun/ takes: another name, and the params to change."""

    name = name_field()
    params = JsonObject(required=False)


def note_serializer(action: Action) -> type[StrictSerializer]:
    """What POST /jobs/{id}/{action}/ takes: a note, and whether the children are meant too."""
    fields: dict[str, serializers.Field] = {}
    if action.on_children:
        fields["children"] = Boolean(required=False, help_text="Also its waiting children.")
    if action.note:
        fields[action.note] = Text(required=False, allow_blank=True, max_length=MESSAGE_LIMIT)
    name = f"{action.name.capitalize()}Serializer"
    return type(name, (StrictSerializer,), fields)


def launch_errors(caller: Caller, data: Any) -> Iterator[dict[str, str]]:
    """Errors of types and params in an invalid body, of one job or of a batch."""
    jobs = data.get("jobs") if isinstance(data, Mapping) else None
    items = {"": data}
    if isinstance(jobs, list):
        items = {f"/jobs/{index}": item for index, item in enumerate(jobs)}
    for pointer, item in items.items():
        if launch := _launch_in(item):
            yield from _errors_of(pointer, services.check, caller, launch)


def rerun_errors(caller: Caller, job_id: UUID, data: Any) -> Iterator[dict[str, str]]:
    """Errors of the params in an invalid body of a rerun."""
    params = data.get("params") if isinstance(data, Mapping) else None
    if isinstance(params, dict):
        yield from _errors_of("", services.check_rerun, caller, job_id, params)


def _launch_in(item: Any) -> Launch | None:
    """Return what the item would launch; None if that is not clear."""
    if not isinstance(item, Mapping):
        return None
    name, kind, params = item.get("name"), item.get("type"), item.get("params", {})
    named = isinstance(name, str) and bool(name) and not name_error(name)
    chosen = isinstance(kind, str) or (named and "type" not in item)
    if not chosen or not isinstance(params, dict):
        return None
    about = item.get("about")
    subject = about if isinstance(about, str) and about else None
    return Launch(str(name) if named else "", kind, params, subject)


def _errors_of(pointer: str, check: Callable[..., None], *args: Any) -> Iterator[dict[str, str]]:
    try:
        check(*args)
    except Invalid as error:
        yield from service_error_entries(error, pointer)
    except Exception as error:
        # Other problems, such as a missing permission, are named once the body is valid.
        if as_problem(error) is None:
            raise
