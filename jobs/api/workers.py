"""The live workers, and those that take nothing new."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import access, services
from jobs.api.bodies import StrictSerializer, Text
from jobs.api.holds import NothingSerializer
from jobs.api.http.json_format import UTCField
from jobs.api.http.requests import ApiView, read_body
from jobs.api.schema.operations import operation
from jobs.errors import NotPermitted
from jobs.models import REASON_LIMIT


class DrainSerializer(StrictSerializer):
    """What POST /workers/{id}/drain/ takes."""

    reason = Text(max_length=REASON_LIMIT)


class WorkerSerializer(serializers.Serializer):
    """A live worker. It is drained from `drained_at` on, as soon as `consuming` is false."""

    id = serializers.CharField()
    host = serializers.CharField()
    pid = serializers.IntegerField()
    queues = serializers.ListField(child=serializers.CharField())
    slots = serializers.IntegerField(help_text="Jobs that it runs at a time.")
    consuming = serializers.BooleanField(help_text="Whether it takes jobs.")
    started_at = UTCField()
    heartbeat_at = UTCField()
    drained_at = UTCField(allow_null=True)
    drained_by = serializers.CharField(allow_blank=True)
    drain_reason = serializers.CharField(allow_blank=True)


class LiveWorkersSerializer(serializers.Serializer):
    """Every live worker, by host."""

    results = WorkerSerializer(many=True)


class WorkersView(ApiView):
    """The live workers, for callers who may see all jobs or hold them."""

    @operation(
        "List live workers",
        {200: LiveWorkersSerializer},
        tag="Holds and limits",
        problems=(403,),
        id="list_workers",
    )
    def get(self, request: Request) -> Response:
        if not access.may_see_workers(request.user):
            raise NotPermitted("This needs the permission jobs.view_job or jobs.hold_job.")
        return Response(LiveWorkersSerializer({"results": services.running_workers()}).data)


class DrainView(ApiView):
    """Let a worker end what it runs, and take nothing new."""

    parameters = {"POST": ()}

    @operation(
        "Drain a worker",
        {200: WorkerSerializer},
        tag="Holds and limits",
        request=DrainSerializer,
        problems=(404, 409),
        id="drain_worker",
    )
    def post(self, request: Request, id: str) -> Response:
        body = self.faults.check(read_body, request, DrainSerializer)
        self.faults.refuse()
        worker = services.drain_worker(self.caller, id, reason=body["reason"])
        return Response(WorkerSerializer(worker).data)


class ResumeView(ApiView):
    """Let a drained worker take jobs again."""

    parameters = {"POST": ()}

    @operation(
        "Resume a drained worker",
        {200: WorkerSerializer},
        tag="Holds and limits",
        request=NothingSerializer,
        problems=(404, 409),
        id="resume_worker",
    )
    def post(self, request: Request, id: str) -> Response:
        self.faults.check(read_body, request, NothingSerializer)
        self.faults.refuse()
        return Response(WorkerSerializer(services.resume_worker(self.caller, id)).data)
