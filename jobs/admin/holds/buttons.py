"""The buttons of the page "Holds and limits": each acts at once and leads back to the page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from jobs import services
from jobs.admin.audit import admin_caller
from jobs.admin.messages import refusal
from jobs.admin_site import admin_url
from jobs.errors import Refused
from jobs.models import Hold, SiteLimit, Worker


def leading_back(act: Callable[..., str]) -> Callable[..., HttpResponse]:
    """Return a view that acts, shows the sentence of `act`, and leads back to the page."""

    @wraps(act)
    def view(request: HttpRequest, **target: Any) -> HttpResponse:
        try:
            messages.success(request, act(request, **target))
        except (Hold.DoesNotExist, SiteLimit.DoesNotExist, Worker.DoesNotExist) as error:
            raise Http404("It is gone.") from error
        except Refused as error:
            messages.error(request, refusal(error))
        return to_holds_page()

    return view


def to_holds_page() -> HttpResponse:
    """Lead back to the page."""
    return HttpResponseRedirect(admin_url("jobs_job_holds"))


@leading_back
def release_hold_view(request: HttpRequest, hold_id: int) -> str:
    """End a hold now."""
    services.release_hold(admin_caller(request), hold_id)
    return "Released. Its jobs start within seconds."


@leading_back
def remove_limit_view(request: HttpRequest, slug: str) -> str:
    """Remove the site's limit of a type."""
    services.remove_site_limit(admin_caller(request), slug)
    return "Removed. The limit that the type declares applies, if it has one."


@leading_back
def drain_view(request: HttpRequest, worker_id: str) -> str:
    """Let a worker take nothing new."""
    reason = request.POST.get("reason", "")
    services.drain_worker(admin_caller(request), worker_id, reason=reason)
    return "Within 10 seconds the worker stops taking jobs. It finishes those that it runs."


@leading_back
def resume_view(request: HttpRequest, worker_id: str) -> str:
    """Let a drained worker take jobs again."""
    services.resume_worker(admin_caller(request), worker_id)
    return "The worker takes jobs again within 10 seconds."
