"""Settings of the hand-written project, with Django's admin and persistent connections."""

from benchmarks.peers.handwritten.settings import *  # noqa: F403
from benchmarks.peers.handwritten.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]
ROOT_URLCONF = "benchmarks.peers.bare_admin.urls"
DATABASES = {"default": DATABASES["default"] | {"CONN_MAX_AGE": None}}
