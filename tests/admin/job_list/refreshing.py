"""What the tests of the refresh share: asking as the page does, and a change of a job."""

from jobs.models import Job

LIVE = "/admin/jobs/job/live/"


def refresh(client, *jobs, tags=None, etag="", **query):
    ids = [f"{job.pk.hex}.{(tags or {}).get(job.pk.hex, '')}" for job in jobs]
    sent = {"if-none-match": etag} if etag else {}
    return client.get(LIVE, query | {"ids": ",".join(ids)}, headers=sent)


def tags_of(answer):
    return {job: row["tags"] for job, row in answer.json()["rows"].items()}


def change(job, **fields):
    Job.objects.filter(pk=job.pk).update(version=job.version + 1, **fields)
