"""The peer's API: a serializer of all fields and a view set, as DRF's tutorial has them."""

from rest_framework import serializers, viewsets

from benchmarks.peers.handwritten.models import Work
from benchmarks.peers.handwritten.tasks import run


class WorkSerializer(serializers.ModelSerializer):
    """Every column."""

    class Meta:
        model = Work
        fields = "__all__"
        read_only_fields = ("status", "started_at", "finished_at")


class WorkViewSet(viewsets.ModelViewSet):
    """List, create, retrieve, update and delete."""

    queryset = Work.objects.order_by("-id")
    serializer_class = WorkSerializer

    def perform_create(self, serializer):
        run.delay(serializer.save().id)
