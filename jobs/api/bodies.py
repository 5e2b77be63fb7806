"""What a caller may send: the bodies of requests, read strictly."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.lifecycle import MESSAGE_LIMIT
from jobs.safe_text import NAME_LIMIT, name_error

BATCH_LIMIT = 500


class Text(serializers.CharField):
    """Text that was text in JSON: DRF would take the number 5 for "5"."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class JsonObject(serializers.Field):
    """A JSON object, taken as it is."""

    default_error_messages = {"invalid": "Must be a JSON object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class StrictSerializer(serializers.Serializer):
    """Refuses unknown fields: a misspelled or read-only field would otherwise be ignored."""

    def to_internal_value(self, data: Any) -> Any:
        errors = self.faults_of(data) if isinstance(data, dict) else {}
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**errors, **error.detail}) from error
        if errors:
            raise serializers.ValidationError(errors)
        return found

    def faults_of(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return errors of the body that no single field finds, by field name."""
        message = f"This field may not be sent; allowed: {', '.join(self.fields)}."
        unknown = [name for name in data if name not in self.fields]
        return {name: serializers.ErrorDetail(message, "unknown") for name in unknown}


def check_name(name: str) -> None:
    """Raise ValidationError for a name that jobs cannot have."""
    if error := name_error(name):
        raise serializers.ValidationError(error)


class SubmitSerializer(StrictSerializer):
    """What POST /jobs/ takes: a `name`, a `type`, or both.

    The name of a job without one is its type's label.
    """

    # Not trimmed: the name is stored as sent, except that accents are composed (NFC), or it is
    # refused.
    name = Text(
        required=False,
        validators=[check_name],
        max_length=NAME_LIMIT,
        min_length=1,
        trim_whitespace=False,
    )
    type = Text(required=False)
    params = JsonObject(required=False)

    def faults_of(self, data: dict[str, Any]) -> dict[str, Any]:
        faults = super().faults_of(data)
        if not data.keys() & {"name", "type"}:
            faults["name"] = serializers.ErrorDetail("Send a name, a type, or both.", "required")
        return faults


class BatchSerializer(StrictSerializer):
    """What POST /jobs/batch/ takes."""

    jobs = serializers.ListField(child=SubmitSerializer(), min_length=1, max_length=BATCH_LIMIT)


class CancelSerializer(StrictSerializer):
    """What POST /jobs/{id}/cancel/ takes."""

    reason = Text(required=False, allow_blank=True, max_length=MESSAGE_LIMIT)


class RerunSerializer(StrictSerializer):
    """What POST /jobs/{id}/rerun/ takes: the params to change."""

    params = JsonObject(required=False)
