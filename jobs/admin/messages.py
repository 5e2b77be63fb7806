"""Messages that several pages show: why a service refused, and that a form was sent twice."""

from jobs.errors import Refused, Unavailable
from jobs.models import Job

NO_DATABASE = "The database takes no changes now, so nothing was launched. Try again in a moment."
# The admin's own sentences for some kinds of error, by code.
ADMIN_SENTENCES = {
    "broker_unavailable": (
        "The queue does not answer, so nothing was launched. Try again in a moment."
    ),
    "database_unavailable": NO_DATABASE,
    "too_slow": NO_DATABASE,
    "unknown_type": "The job's type no longer exists.",
}


def refusal(error: Refused | Unavailable) -> str:
    """Why a service refused, in a sentence."""
    return ADMIN_SENTENCES.get(error.code, str(error))


def sent_twice(job: Job) -> str:
    """The message for a form that was sent twice and launched `job` once."""
    return (
        f"This form was sent twice, and “{job}” was launched once. To launch another job, open the"
        " form again."
    )
