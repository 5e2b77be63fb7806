"""dramatiq with django-dramatiq's AdminMiddleware, which keeps a row for each task."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.dramatiq.settings"
