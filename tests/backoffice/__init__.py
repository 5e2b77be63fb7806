"""Tests of the wiring: settings, middleware, logs, probes, the image and the compose file."""
