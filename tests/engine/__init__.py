"""Celery and the processes around it."""
