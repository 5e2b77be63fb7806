"""Tests of backoffice/: settings, middleware, logs, probes, the image and the compose file."""
