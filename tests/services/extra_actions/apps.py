"""Adds the actions before the URLs of the admin and the API are made from the table."""

from django.apps import AppConfig


class ExtraActionsConfig(AppConfig):
    name = "tests.services.extra_actions"

    def ready(self):
        from jobs.services import ACTIONS
        from tests.services.extra_actions.actions import PAUSE, SHRED, STOP

        ACTIONS.extend([PAUSE, SHRED, STOP])
