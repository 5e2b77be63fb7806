"""The peer's addresses."""

from rest_framework.routers import DefaultRouter

from benchmarks.peers.handwritten.views import WorkViewSet

router = DefaultRouter()
router.register("jobs", WorkViewSet)
urlpatterns = router.urls
