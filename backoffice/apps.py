"""Registers the project as an application, for its management commands."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"
