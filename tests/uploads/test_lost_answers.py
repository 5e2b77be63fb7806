"""A connection that breaks at the COMMIT of a job with an upload."""

import pytest

from jobs.models import Job
from tests.support import people
from tests.support.lost_answers import faulty_proxy
from tests.support.uploads import make_upload, submit_reader


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis", "reader", "own_files")
def test_the_job_is_accepted_with_its_upload():
    user = people.superuser()
    upload = make_upload(user)
    with faulty_proxy("default") as proxy:
        proxy.lose_answer_to("COMMIT")
        job = submit_reader(user, file=str(upload.pk))
    assert proxy.lost == 1
    assert Job.objects.get() == job
    assert list(job.uploads.all()) == [upload]
