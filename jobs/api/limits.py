"""Limits of how many jobs of a type run at a time."""

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import registry, services
from jobs.api.bodies import StrictSerializer, Text
from jobs.api.http.requests import ApiView, read_body
from jobs.api.schema.operations import operation
from jobs.models import AT_MOST_LIMIT, REASON_LIMIT
from jobs.services import LimitedType


class SetLimitSerializer(StrictSerializer):
    """What PUT /limits/{type}/ takes; `at_most` null lifts the limit that the type declares."""

    at_most = serializers.IntegerField(allow_null=True, min_value=1, max_value=AT_MOST_LIMIT)
    by = Text(required=False, allow_blank=True, max_length=200, help_text="A parameter.")
    reason = Text(max_length=REASON_LIMIT)


class LimitSerializer(serializers.Serializer):
    """How many jobs of a type run at a time; with `by`, of each value of that parameter."""

    type = serializers.CharField()
    at_most = serializers.IntegerField(allow_null=True, help_text="null: no limit.")
    by = serializers.CharField(allow_blank=True)
    is_of_site = serializers.BooleanField(help_text="Whether the site has set it.")
    declared = serializers.IntegerField(allow_null=True, help_text="That of the type itself.")
    declared_by = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    set_by = serializers.CharField(allow_blank=True)
    set_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, limited: LimitedType) -> dict[str, Any]:
        applies, declared, site = limited.applies, limited.declared, limited.site
        return {
            "type": limited.type,
            "at_most": applies.at_most if applies else None,
            "by": applies.by if applies else "",
            "is_of_site": site is not None,
            "declared": declared.at_most if declared else None,
            "declared_by": declared.by if declared else "",
            "reason": site.reason if site else "",
            "set_by": site.set_by if site else "",
            "set_at": site.set_at if site else None,
        }


class LimitsSerializer(serializers.Serializer):
    """Every type with a limit."""

    results = LimitSerializer(many=True)


class LimitsView(ApiView):
    """The types that have a limit."""

    @operation("List limits", {200: LimitsSerializer}, tag="Holds and limits", id="list_limits")
    def get(self, request: Request) -> Response:
        return Response(LimitsSerializer({"results": services.limited_types()}).data)


class LimitView(ApiView):
    """The site's limit of one type."""

    parameters = {"PUT": ()}

    @operation(
        "Limit how many jobs of a type run at a time",
        {200: LimitSerializer},
        tag="Holds and limits",
        request=SetLimitSerializer,
        problems=(404,),
        id="set_limit",
    )
    def put(self, request: Request, type: str) -> Response:
        if registry.find(type) is None:
            raise Http404
        body = self.faults.check(read_body, request, SetLimitSerializer)
        self.faults.refuse()
        limited = services.set_site_limit(
            self.caller, type, body["at_most"], by=body.get("by", ""), reason=body["reason"]
        )
        return Response(LimitSerializer(limited).data)

    @operation(
        "Remove the site's limit of a type",
        {204: None},
        tag="Holds and limits",
        problems=(403, 404),
        id="remove_limit",
    )
    def delete(self, request: Request, type: str) -> Response:
        services.remove_site_limit(self.caller, type)
        return Response(status=204)
