"""manage.py rerun_job: the action "rerun" from a shell."""

from jobs.management.action_command import ActionCommand
from jobs.services.actions import RERUN


class Command(ActionCommand):
    action = RERUN
