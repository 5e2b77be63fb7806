"""Settings of the hand-written project, with one view, no middleware and persistent connections."""

from benchmarks.peers.handwritten.settings import *  # noqa: F403
from benchmarks.peers.handwritten.settings import DATABASES

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.peers.bare_view.urls"
DATABASES = {"default": DATABASES["default"] | {"CONN_MAX_AGE": None}}
