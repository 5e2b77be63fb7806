"""How jobs are rendered: in full, in a list, and in the answer to a batch."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.urls import get_script_prefix, reverse
from rest_framework import serializers
from rest_framework.request import Request

from jobs import about, access, explain, parameters, registry
from jobs.admin_site import admin_url
from jobs.api.schema.job_parts import ErrorSerializer, JobTokenSerializer, ProgressSerializer
from jobs.models import Job, Status
from jobs.services import ACTIONS

NO_JOB = UUID(int=0)
CAN = {f"can_{action.name}": action for action in ACTIONS}


class JobAddresses:
    """The addresses of jobs in the API and the admin, for one request.

    The paths are reversed once a process, and made absolute once a request.
    """

    def __init__(self, request: Request) -> None:
        self._root = request.build_absolute_uri("/").removesuffix("/")
        self._api = _path_in_api(get_script_prefix())
        self._admin = _path_in_admin(get_script_prefix())

    def api(self, job_id: UUID) -> str:
        """The job in the API."""
        return f"{self._root}{self._api[0]}{job_id}{self._api[1]}"

    def admin(self, job_id: UUID) -> str:
        """The job's page in the admin."""
        return f"{self._root}{self._admin[0]}{job_id}{self._admin[1]}"


@cache
def _path_in_api(script_prefix: str) -> tuple[str, str]:
    """The path of a job in the API, before and after its id; it begins with `script_prefix`."""
    return _around_id(reverse("jobs_api:job", args=[NO_JOB]))


@cache
def _path_in_admin(script_prefix: str) -> tuple[str, str]:
    """The path of a job's page in the admin, in the same parts."""
    return _around_id(admin_url("jobs_job_change", NO_JOB))


def _around_id(path: str) -> tuple[str, str]:
    before, _, after = path.rpartition(str(NO_JOB))
    return before, after


def context_of(request: Request, jobs: Sequence[Job]) -> dict[str, Any]:
    """The context to render `jobs` in; JobSerializer needs their `explanation` as well."""
    return {
        "user": request.user,
        "addresses": JobAddresses(request),
        "visible_origins": access.visible_origins(request.user, jobs),
        "subjects": about.subjects_of(request.user, jobs, request._request),
    }


class JobSummarySerializer(serializers.ModelSerializer):
    """A job in a list."""

    # The fields describe the answer in the schema. `to_representation` makes it: DRF's own, a field
    # at a time, takes a quarter of a POST's CPU (docs/decisions.md).
    url = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices)
    progress = ProgressSerializer(read_only=True)
    error = ErrorSerializer(read_only=True, allow_null=True)
    created_by = serializers.CharField()
    token = JobTokenSerializer(
        read_only=True,
        allow_null=True,
        help_text="null for jobs that no token submitted.",
    )
    wait_seconds = serializers.FloatField(read_only=True, allow_null=True)
    run_seconds = serializers.FloatField(read_only=True, allow_null=True)
    rerun_of = serializers.UUIDField(read_only=True, allow_null=True)
    parent = serializers.UUIDField(read_only=True, allow_null=True)
    about = serializers.CharField(read_only=True, allow_null=True)
    admin_url = serializers.CharField(read_only=True)

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            "id",
            "url",
            "name",
            "type",
            "status",
            "progress",
            "error",
            "created_by",
            "token",
            "source",
            "created_at",
            "started_at",
            "finished_at",
            "wait_seconds",
            "run_seconds",
            "attempt",
            "queue",
            "rerun_of",
            "parent",
            "batch_id",
            "about",
            "cancel_requested_at",
            "cancel_requested_by",
            "cancel_reason",
            "acknowledged_at",
            "acknowledged_by",
            "acknowledged_note",
            "admin_url",
        )
        read_only_fields = fields  # so that the schema calls each of them required

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | {
            name: serializers.BooleanField(read_only=True) for name in CAN
        }

    def to_representation(self, job: Job) -> dict[str, Any]:
        return self._summary(job) | self._can(job)

    def _summary(self, job: Job) -> dict[str, Any]:
        addresses = self.context["addresses"]
        origins = self.context["visible_origins"]
        return {
            "id": str(job.id),
            "url": addresses.api(job.id),
            "name": job.name,
            "type": job.type,
            "status": job.status,
            "progress": {
                "percent": job.progress_percent,
                "done": job.progress_done,
                "total": job.progress_total,
                "unit": job.progress_unit,
                "message": job.progress_message,
                "eta_seconds": explain.run_eta_seconds(job),
            },
            "error": _error(job),
            "created_by": job.created_by_name,
            "token": _token(job),
            "source": job.source,
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
            "wait_seconds": _seconds_between(job.created_at, job.started_at),
            "run_seconds": _seconds_between(job.started_at, job.finished_at),
            "attempt": job.attempt,
            "queue": job.queue,
            "rerun_of": job.rerun_of_id if job.rerun_of_id in origins else None,
            "parent": job.parent_id if job.parent_id in origins else None,
            "batch_id": job.batch_id,
            "about": self._about(job),
            "cancel_requested_at": job.cancel_requested_at,
            "cancel_requested_by": job.cancel_requested_by,
            "cancel_reason": job.cancel_reason,
            "acknowledged_at": job.acknowledged_at,
            "acknowledged_by": job.acknowledged_by,
            "acknowledged_note": job.acknowledged_note,
            "admin_url": addresses.admin(job.id),
        }

    def _about(self, job: Job) -> str | None:
        """The reference to the job's object; None if the caller may not view it."""
        subject = self.context["subjects"].get(job.id)
        return (subject.reference or None) if subject else None

    def _can(self, job: Job) -> dict[str, bool]:
        """Whether the caller may do each action to the job now."""
        user = self.context["user"]
        return {name: action.is_possible(user, job) for name, action in CAN.items()}


class JobSerializer(JobSummarySerializer):
    """A job in full."""

    params = serializers.DictField(read_only=True)
    result = serializers.DictField(allow_null=True)
    explanation = serializers.CharField(read_only=True)
    trace_id = serializers.CharField(
        read_only=True, help_text='The trace of the request that launched the job; "" for none.'
    )

    class Meta(JobSummarySerializer.Meta):
        fields = (
            *JobSummarySerializer.Meta.fields,
            "params",
            "result",
            "explanation",
            "trace_id",
        )
        read_only_fields = fields

    def to_representation(self, job: Job) -> dict[str, Any]:
        explanation = self.context["explanation"]
        answer = self._summary(job)
        answer["progress"]["eta_seconds"] = explanation.eta_seconds
        answer["params"] = parameters.mask(registry.find(job.type), job.params)
        answer["result"] = job.result
        answer["explanation"] = explanation.sentence
        answer["trace_id"] = job.trace_id
        return answer | self._can(job)


class JobPageSerializer(serializers.Serializer):
    """A page of the job list."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField(required=False, help_text="With ?count=true.")
    count_capped = serializers.BooleanField(required=False)
    results = JobSummarySerializer(many=True)


class BatchAnswerSerializer(serializers.Serializer):
    """The jobs of an accepted batch, in the order they were sent."""

    batch_id = serializers.UUIDField()
    results = JobSummarySerializer(many=True)


def _seconds_between(start: Any, end: Any) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 3)


def _token(job: Job) -> dict[str, Any] | None:
    """The token; callers who may see the job may see it: their own, or they see every job."""
    return None if job.token_id is None else {"id": job.token_id, "name": job.token_name}


def _error(job: Job) -> dict[str, str] | None:
    if not job.error_code:
        return None
    return {
        "code": job.error_code,
        "type": job.error_type,
        "message": job.error_message,
        "fingerprint": job.fingerprint,
    }
