"""Settings of the peer: only what has no default, and persistent connections."""

from environ import Env

SECRET_KEY = "of a throw-away database"
INSTALLED_APPS = ["django_tasks", "django_tasks_db", "benchmarks.peers.django_tasks_db"]
DATABASES = {"default": Env().db("PEER_DATABASE_URL") | {"CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
