"""The buttons of the page "Holds and limits": each acts at once and leads back to the page."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from jobs import services
from jobs.admin.audit import admin_caller
from jobs.admin.messages import refusal
from jobs.admin_site import admin_url
from jobs.errors import Refused
from jobs.models import Hold, SiteLimit, Worker


def release_hold_view(request: HttpRequest, hold_id: int) -> HttpResponse:
    """End a hold now."""
    return _done(
        request,
        lambda: services.release_hold(admin_caller(request), hold_id),
        "Released. Its jobs start within seconds.",
    )


def remove_limit_view(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove the site's limit of a type."""
    return _done(
        request,
        lambda: services.remove_site_limit(admin_caller(request), slug),
        "Removed. The limit that the type declares applies, if it has one.",
    )


def drain_view(request: HttpRequest, worker_id: str) -> HttpResponse:
    """Let a worker take nothing new."""
    reason = request.POST.get("reason", "")
    return _done(
        request,
        lambda: services.drain_worker(admin_caller(request), worker_id, reason=reason),
        "Within 10 seconds the worker stops taking jobs. It finishes those that it runs.",
    )


def resume_view(request: HttpRequest, worker_id: str) -> HttpResponse:
    """Let a drained worker take jobs again."""
    return _done(
        request,
        lambda: services.resume_worker(admin_caller(request), worker_id),
        "The worker takes jobs again within 10 seconds.",
    )


def _done(request: HttpRequest, act: Callable[[], Any], sentence: str) -> HttpResponse:
    try:
        act()
    except (Hold.DoesNotExist, SiteLimit.DoesNotExist, Worker.DoesNotExist) as error:
        raise Http404("It is gone.") from error
    except Refused as error:
        messages.error(request, refusal(error))
    else:
        messages.success(request, sentence)
    return to_holds_page()


def to_holds_page() -> HttpResponse:
    """Lead back to the page."""
    return HttpResponseRedirect(admin_url("jobs_job_holds"))
