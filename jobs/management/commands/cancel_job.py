"""manage.py cancel_job: the action "cancel" from a shell."""

from jobs.management.action_command import ActionCommand
from jobs.services.actions import CANCEL


class Command(ActionCommand):
    action = CANCEL
