"""Our Celery app beside another: its settings, and what the environment may not change."""

import pytest
from celery import Celery, _state, current_app

from jobs.engine import celery_settings
from jobs.engine.app import JobsApp, app
from jobs.engine.result_backend import JobResultBackend

ELSEWHERE = "redis://elsewhere.example:6379/9"


@pytest.mark.parametrize("name", ["", "_READ", "_WRITE"])
def test_a_broker_of_celerys_environment_is_not_ours(monkeypatch, settings, name):
    monkeypatch.setenv(f"CELERY_BROKER{name}_URL", ELSEWHERE)
    for connection in (app.connection_for_read(), app.connection_for_write()):
        assert connection.as_uri(include_password=True) == settings.JOBS_REDIS_URL


def test_a_result_backend_of_celerys_environment_is_not_ours(monkeypatch):
    monkeypatch.setenv("CELERY_RESULT_BACKEND", ELSEWHERE)
    assert isinstance(JobsApp("probe").backend, JobResultBackend)


def test_making_our_app_leaves_the_current_and_the_default_app_as_they_are(monkeypatch):
    theirs = Celery("theirs", set_as_current=False)
    monkeypatch.setattr(_state._tls, "current_app", None)
    monkeypatch.setattr(_state, "default_app", theirs)
    JobsApp("probe").set_current()
    assert current_app.main == "theirs"
    monkeypatch.setattr(_state, "default_app", None)
    JobsApp("probe")
    assert _state.default_app is None


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ("redis://ours", "redis://theirs", "redis://ours"),
        ("", "rediss://theirs", "rediss://theirs"),
        ("", "amqp://theirs", "CELERY_BROKER_URL does not begin with redis://, rediss://, "),
        ("", "", "Neither JOBS_REDIS_URL nor CELERY_BROKER_URL is set"),
    ],
)
def test_the_broker_is_ours_or_else_the_projects(settings, ours, theirs, found):
    settings.JOBS_REDIS_URL, settings.CELERY_BROKER_URL = ours, theirs
    if " " in found:
        with pytest.raises(celery_settings.ImproperlyConfigured, match=found):
            celery_settings.redis_url()
    else:
        assert celery_settings.redis_url() == found


def test_a_site_may_choose_sizes_only(settings):
    settings.JOBS_CELERY = {"worker_concurrency": 3}
    assert celery_settings.chosen() == {"worker_concurrency": 3}
    settings.JOBS_CELERY = {"task_acks_late": True}
    with pytest.raises(celery_settings.ImproperlyConfigured, match="has task_acks_late"):
        celery_settings.chosen()
