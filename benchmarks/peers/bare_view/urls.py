"""The one view."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.peers.handwritten.models import Work


class InsertView(APIView):
    """Insert a row."""

    def post(self, request: Request) -> Response:
        work = Work.objects.create(name=request.data["name"])
        return Response({"id": work.id, "name": work.name, "status": work.status}, 201)


urlpatterns = [path("jobs/", InsertView.as_view())]
