"""Launches the children of a job: what `submit` of its handler's context does."""

import hashlib
import json

from jobs.handler.context import JobContext
from jobs.handler.parent import ChildKey
from jobs.lifecycle import CHILD_KEY
from jobs.models import Job
from jobs.services.caller import launcher
from jobs.services.launch_uploads import LaunchUploads
from jobs.services.publication import Submission
from jobs.services.submission import Launch, new_job


def submit_child(
    context: JobContext, type: str, params: dict[str, object], name: str, key: ChildKey
) -> Job:
    """Launch a child of the context's job, as the account that launched this one, or find it.

    Raises: what `launcher` and `submit` raise.
    """
    caller = launcher(context)
    parts = json.dumps([str(context.id), *key], sort_keys=True, default=str)
    digest = CHILD_KEY + hashlib.sha256(parts.encode()).hexdigest()
    submission = Submission(caller, digest, parent_id=context.id)
    if found := submission.replay():
        return found[0]
    launch = Launch(name, type, params)
    uploads = LaunchUploads(caller, [launch], parent=context.stored_job)
    job = new_job(caller, launch, uploads=uploads)
    job.parent_id = context.id
    return submission.accept([job]).jobs[0]


JobContext.store_children_by(submit_child)
