"""`manage.py check` names each step that a project with the app jobs lacks, and the fix."""

import sys

import pytest
from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.test import override_settings
from django.urls import path

from jobs import admin_site, setup_checks
from jobs.app_settings import file_storage

OTHER = AdminSite(name="other")
urlpatterns = [path("other/", OTHER.urls)]
FROM_REPLICA = type("Router", (), {"db_for_read": lambda self, model, **hints: "replica"})()
NOTHING = type("Nothing", (), {"urlpatterns": []})


def found():
    return {one.id: f"{one.msg} {one.hint}" for one in setup_checks.check_setup()}


def test_this_project_lacks_nothing():
    assert found() == {}


@pytest.mark.parametrize(
    ("changes", "id", "fix"),
    [
        ({"USE_TZ": False}, "jobs.E035", "USE_TZ = True"),
        ({"JOBS_HEARTBEAT_SECONDS": 30.0}, "jobs.E036", "at most a third"),
        ({"INSTALLED_APPS": "django.contrib.staticfiles"}, "jobs.E037", "staticfiles"),
        ({"INSTALLED_APPS": "drf_spectacular_sidecar"}, "jobs.E037", "sidecar"),
        ({"TEMPLATES": []}, "jobs.E038", "APP_DIRS"),
        ({"ROOT_URLCONF": NOTHING}, "jobs.E039", "site.urls"),
        ({"ROOT_URLCONF": NOTHING}, "jobs.E040", "include('jobs.api.urls')"),
        (
            {"JOBS_ADMIN_SITE": f"{__name__}.OTHER", "ROOT_URLCONF": __name__},
            "jobs.E039",
            "JOBS_ADMIN_SITE",
        ),
        ({"DATABASE_ROUTERS": [FROM_REPLICA]}, "jobs.E045", "['replica']"),
        ({"MEDIA_ROOT": "/srv/media"}, "jobs.E034", "JOBS_FILES_DIR"),
        ({"UPLOAD_LIMIT_BYTES": 0}, "jobs.E042", "the largest file"),
        ({"UPLOAD_LIMIT_BYTES": "1GB"}, "jobs.E042", "'1GB'"),
        ({"UPLOAD_UNUSED_LIMIT_BYTES": 5}, "jobs.E043", "UPLOAD_LIMIT_BYTES or more"),
        ({"UPLOAD_REFUSED_KINDS": ".exe"}, "jobs.E044", "'text/html'"),
        ({"UPLOAD_REFUSED_KINDS": ["exe"]}, "jobs.E044", "['exe']"),
    ],
)
def test_a_missing_step_is_named_with_its_fix(settings, changes, id, fix):
    if "MEDIA_ROOT" in changes:
        settings.STORAGES = settings.STORAGES | {"jobs": file_storage("/srv/media/jobs")}
    if lacking := changes.get("INSTALLED_APPS"):
        changes = {"INSTALLED_APPS": [one for one in settings.INSTALLED_APPS if one != lacking]}
    with override_settings(**changes):
        assert fix in found()[id]


def test_another_database_than_postgresql_is_named(monkeypatch):
    monkeypatch.setattr(connections["default"], "vendor", "sqlite")
    assert "django.db.backends.postgresql" in found()["jobs.E030"]


def test_psycopg_3_is_named(monkeypatch):
    monkeypatch.setattr(setup_checks, "is_psycopg3", True)
    assert "pip uninstall psycopg" in found()["jobs.E031"]


def test_an_alias_of_another_database_is_named(monkeypatch):
    other = connections["worker"].settings_dict | {"NAME": "other"}
    monkeypatch.setattr(connections["worker"], "settings_dict", other)
    assert "Remove 'worker'" in found()["jobs.E032"]


def test_a_broker_that_is_no_redis_is_named(monkeypatch, settings):
    monkeypatch.delitem(sys.modules, "jobs.engine.celery_settings")
    settings.JOBS_REDIS_URL = "amqp://localhost"
    assert "Set JOBS_REDIS_URL to redis://" in found()["jobs.E041"]


def test_files_need_a_place(settings):
    settings.STORAGES = {name: one for name, one in settings.STORAGES.items() if name != "jobs"}
    assert "JOBS_FILES_DIR" in found()["jobs.E033"]


@pytest.mark.parametrize("name", ["tests.nothing.site", "django.contrib.admin.ModelAdmin"])
def test_a_wrong_admin_site_is_named(settings, name):
    settings.JOBS_ADMIN_SITE = name
    with pytest.raises(ImproperlyConfigured, match=f"JOBS_ADMIN_SITE is '{name}'"):
        admin_site.admin_site()
