"""The actions on one job: an endpoint for each entry of the table of actions."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import services
from jobs.api.bodies import RerunSerializer, note_serializer, rerun_errors
from jobs.api.http.requests import ApiView, read_body
from jobs.api.http.responses import created_response, job_response
from jobs.api.jobs import SubmissionView
from jobs.api.schema.operations import KEY, operation
from jobs.api.serializers import JobSerializer
from jobs.services import ACTIONS, DELETE, RERUN, Action


def view_of(action: Action) -> type[ApiView]:
    """The view that does an action to a job; its body has the action's note."""
    serializer = note_serializer(action)

    class ActionView(ApiView):
        parameters = {"POST": ()}

        @operation(
            f"{action.label} a job",
            _answers(action),
            request=serializer,
            problems=(404, 409),
            headers=("Retry-After", "ETag"),
            id=f"{action.name}_job",
        )
        def post(self, request: Request, id: UUID) -> Response:
            body = self.faults.check(read_body, request, serializer)
            self.faults.refuse()
            note = body.get(action.note, "")
            acted = action.run(self.caller, id, note, None)
            if action.on_children and body.get("children"):
                action.on_children(self.caller, id, note)
            if acted.job is None:
                return Response(status=204)
            is_asked = action.asks_to_stop and not acted.job.is_settled
            return job_response(acted.job, request, status=202 if is_asked else 200)

    ActionView.__name__ = f"{action.name.capitalize()}View"
    ActionView.__doc__ = action.summary
    return ActionView


def _answers(action: Action) -> dict[int, type[JobSerializer] | None]:
    """The statuses of an action's answers when it succeeds, each with its body."""
    if action.deletes:
        return {204: None}
    return dict.fromkeys((200, 202) if action.asks_to_stop else (200,), JobSerializer)


class RerunView(SubmissionView):
    """Launch a settled job again, as a new one."""

    parameters = {"POST": ()}

    @operation(
        "Launch a settled job again",
        {201: JobSerializer},
        request=RerunSerializer,
        problems=(404, 409, 422, 504),
        parameters=[KEY],
        headers=("Location", "Retry-After", "ETag", "Idempotency-Replayed"),
        id="rerun_job",
    )
    def post(self, request: Request, id: UUID) -> Response:
        body, key = self.read_submission(RerunSerializer)
        name = body.get("name", "")
        submitted = services.rerun(
            self.caller, id, body.get("params"), name=name, idempotency_key=key
        )
        return created_response(submitted, request)

    def params_errors(self, data: Any) -> Iterator[dict[str, str]]:
        return rerun_errors(self.caller, self.kwargs["id"], data)


# Actions with a view of their own. Rerun makes a job: it takes params and an Idempotency-Key, and
# answers 201. Delete is the method DELETE of the job's address.
VIEWS: dict[str, type[ApiView] | None] = {RERUN.name: RerunView, DELETE.name: None}


def paths() -> Iterator[URLPattern]:
    """The addresses of the actions, such as jobs/{id}/cancel/."""
    for action in ACTIONS:
        view = VIEWS[action.name] if action.name in VIEWS else view_of(action)
        if view is not None:
            address = f"jobs/<uuid:id>/{action.name}/"
            yield path(address, view.as_view(), name=f"job-{action.name}")
