"""manage.py acknowledge_job: the action "acknowledge" from a shell."""

from jobs.management.action_command import ActionCommand
from jobs.services.actions import ACKNOWLEDGE


class Command(ActionCommand):
    action = ACKNOWLEDGE
