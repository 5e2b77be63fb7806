"""Traces and reports of errors, for sites whose environment asks for them.

=========  =========================================================================
module     what it has
=========  =========================================================================
variables  reads the environment; refuses wrong values and missing packages
process    starts both in a web process or a pool process, and flushes them at its end
spans      spans of requests, submissions and runs of jobs, by OpenTelemetry
export     sends spans to a collector, in the background
reports    reports of unexpected errors to Sentry
=========  =========================================================================

The last three import packages of requirements-observability.txt. `process` imports them if the
environment asks for them, and nothing else does.
"""
