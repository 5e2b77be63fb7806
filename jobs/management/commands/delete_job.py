"""manage.py delete_job: the action "delete" from a shell."""

from jobs.management.action_command import ActionCommand
from jobs.services.actions import DELETE


class Command(ActionCommand):
    action = DELETE
