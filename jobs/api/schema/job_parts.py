"""The objects inside a job, for the schema; `jobs/api/job_values.py` makes their values."""

from rest_framework import serializers

from jobs.api.schema.codes import JOB_ERROR_CODES


class ProgressSerializer(serializers.Serializer):
    """How far a job is; null where it is not known."""

    percent = serializers.IntegerField(allow_null=True)
    done = serializers.FloatField(allow_null=True)
    total = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(help_text='What is counted, such as "rows"; empty without it.')
    message = serializers.CharField(allow_blank=True)
    eta_seconds = serializers.IntegerField(allow_null=True)


class ErrorSerializer(serializers.Serializer):
    """Why a job failed."""

    code = serializers.ChoiceField(choices=JOB_ERROR_CODES)
    type = serializers.CharField()
    message = serializers.CharField()
    fingerprint = serializers.CharField(
        help_text="The same for failures of one cause; empty for jobs of earlier versions."
    )


class JobTokenSerializer(serializers.Serializer):
    """The API token that submitted a job; it may have been revoked since."""

    id = serializers.UUIDField(help_text="Not the token itself: the filter `token` takes it.")
    name = serializers.CharField()
