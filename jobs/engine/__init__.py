"""Celery and the processes around it; the only package of jobs that imports celery."""
