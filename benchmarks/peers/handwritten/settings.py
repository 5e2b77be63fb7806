"""Settings of the peer: only what has no default."""

import os

from environ import Env

SECRET_KEY = "of a throw-away database"
INSTALLED_APPS = ["django_celery_results", "benchmarks.peers.handwritten"]
DATABASES = {"default": Env().db("PEER_DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
CELERY_BROKER_URL = os.environ["PEER_REDIS_URL"]
CELERY_RESULT_BACKEND = "django-db"
