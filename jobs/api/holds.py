"""Holds: jobs that are accepted and wait until a time, or until the hold is released."""

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import parameters, services
from jobs.api.bodies import StrictSerializer, Text
from jobs.api.http.json_format import UTCField
from jobs.api.http.requests import ApiView, read_body, read_flag
from jobs.api.schema.operations import operation, query
from jobs.models import REASON_LIMIT, Hold, HoldKind

SHOWN_LIMIT = 200
TARGET_LENGTH = 200


class Moment(serializers.DateTimeField):
    """A moment by RFC 3339 with a zone; DRF's field would also take other texts."""

    def to_internal_value(self, value: Any) -> datetime:
        found = parameters.moment(value) if isinstance(value, str) else None
        if found is None:
            raise serializers.ValidationError("Must be a time with a zone (RFC 3339).", "invalid")
        return found


class PlaceHoldSerializer(StrictSerializer):
    """What POST /holds/ takes: one of type, queue, requester and token, a time and a reason."""

    type = Text(required=False, max_length=TARGET_LENGTH)
    queue = Text(required=False, max_length=TARGET_LENGTH)
    requester = Text(required=False, max_length=TARGET_LENGTH)
    token = Text(required=False, max_length=TARGET_LENGTH, help_text="Its id or its name.")
    until = Moment(required=False, allow_null=True, help_text="null: until it is released.")
    reason = Text(max_length=REASON_LIMIT)

    def body_errors(self, data: dict[str, Any]) -> dict[str, Any]:
        errors = super().body_errors(data)
        if len(data.keys() & set(HoldKind.values)) != 1:
            message = f"Send one of: {', '.join(HoldKind.values)}."
            errors["type"] = serializers.ErrorDetail(message, "required")
        return errors


class ChangeHoldSerializer(StrictSerializer):
    """What PATCH /holds/{id}/ takes: when it ends (null: once it is released), and why."""

    until = Moment(allow_null=True)
    reason = Text(required=False, max_length=REASON_LIMIT)


class HoldSerializer(serializers.Serializer):
    """A hold; `until` is null if it lasts until it is released, `ended_at` while it lasts."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=HoldKind.choices)
    target = serializers.SerializerMethodField(
        help_text="A slug, a queue, the name of a requester, or the id of a token."
    )
    name = serializers.CharField(help_text="The label or name of the target.")
    reason = serializers.CharField()
    until = UTCField(allow_null=True)
    held_at = UTCField()
    held_by = serializers.CharField()
    ended_at = UTCField(allow_null=True)
    released_by = serializers.CharField(allow_blank=True)

    def get_target(self, found: Hold) -> str:
        return found.name if found.kind == HoldKind.REQUESTER else found.value


class HoldsAnswerSerializer(serializers.Serializer):
    """Holds, the newest first, at most 200."""

    results = HoldSerializer(many=True)


class HoldsView(ApiView):
    """The holds that the caller may see, and where to place one."""

    parameters = {"GET": ("ended",), "POST": ()}

    @operation(
        "List holds",
        {200: HoldsAnswerSerializer},
        tag="Holds and limits",
        parameters=[query("ended", {"type": "boolean", "default": False}, "Those that ended.")],
        id="list_holds",
    )
    def get(self, request: Request) -> Response:
        has_ended = self.faults.check(read_flag, request, "ended")
        self.faults.refuse()
        visible = services.visible_holds(request.user)
        active = Hold.objects.active().values("id")
        found = visible.exclude(id__in=active) if has_ended else visible.filter(id__in=active)
        return Response(HoldsAnswerSerializer({"results": found[:SHOWN_LIMIT]}).data)

    @operation(
        "Hold a type, a queue, a requester or an API token",
        {201: HoldSerializer},
        tag="Holds and limits",
        request=PlaceHoldSerializer,
        problems=(409,),
        id="place_hold",
    )
    def post(self, request: Request) -> Response:
        body = self.faults.check(read_body, request, PlaceHoldSerializer)
        self.faults.refuse()
        [kind] = body.keys() & set(HoldKind.values)
        placed = services.hold(
            self.caller,
            HoldKind(kind),
            body[kind],
            reason=body["reason"],
            until=body.get("until"),
        )
        return Response(HoldSerializer(placed).data, 201)


class HoldView(ApiView):
    """One hold."""

    parameters = {"PATCH": ()}

    @operation(
        "Look at a hold",
        {200: HoldSerializer},
        tag="Holds and limits",
        problems=(404,),
        id="get_hold",
    )
    def get(self, request: Request, id: int) -> Response:
        return Response(HoldSerializer(services.visible_holds(request.user).get(id=id)).data)

    @operation(
        "Change when a hold ends",
        {200: HoldSerializer},
        tag="Holds and limits",
        request=ChangeHoldSerializer,
        problems=(404, 409),
        id="change_hold",
    )
    def patch(self, request: Request, id: int) -> Response:
        body = self.faults.check(read_body, request, ChangeHoldSerializer)
        self.faults.refuse()
        changed = services.change_hold(
            self.caller, id, until=body["until"], reason=body.get("reason")
        )
        return Response(HoldSerializer(changed).data)


class NothingSerializer(StrictSerializer):
    """An empty JSON object, or no body."""


class ReleaseHoldView(ApiView):
    """End a hold now."""

    parameters = {"POST": ()}

    @operation(
        "Release a hold",
        {200: HoldSerializer},
        tag="Holds and limits",
        request=NothingSerializer,
        problems=(404, 409),
        id="release_hold",
    )
    def post(self, request: Request, id: int) -> Response:
        self.faults.check(read_body, request, NothingSerializer)
        self.faults.refuse()
        return Response(HoldSerializer(services.release_hold(self.caller, id)).data)
