"""manage.py pause_job: the action "pause" from a shell."""

from jobs.management.action_command import ActionCommand
from tests.services.extra_actions.actions import PAUSE


class Command(ActionCommand):
    action = PAUSE
