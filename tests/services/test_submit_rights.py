"""Who may launch a type, with which params, and who may read the files."""

import pytest
from django import forms

from jobs import access, services
from jobs.errors import (
    NotPermitted,
)
from jobs.handler.context import JobContext
from jobs.models import Job, Status
from jobs.services import RERUN
from tests.support import people
from tests.support.factories import make_job, make_user
from tests.support.people import caller_for

pytestmark = pytest.mark.django_db


def test_only_those_who_may_launch_a_type_can(make_type, redis):
    kind = make_type(permission="auth.add_user")
    plain, trusted = people.launcher(), make_user("jobs.add_job", "auth.add_user")
    with pytest.raises(NotPermitted):
        services.submit(caller_for(plain), type=kind.slug)
    assert services.submit(caller_for(trusted), type=kind.slug).job


def by_colour(params):
    return f"auth.{params['colour']}_user" if params["colour"] != "none" else None


class Colour(forms.Form):
    """A parameter that a permission may depend on."""

    colour = forms.CharField(initial="none")


def test_params_may_need_a_permission_of_their_own_with_their_defaults_filled_in(make_type, redis):
    kind = make_type(form=Colour, permission_for=by_colour)
    plain, viewer = (
        people.launcher(username="paul"),
        make_user("jobs.add_job", "auth.view_user"),
    )
    with pytest.raises(NotPermitted) as refused:
        services.submit(caller_for(plain), type=kind.slug, params={"colour": "view"})
    assert str(refused.value) == (
        f'"{kind.label}" with these parameters needs the permission auth.view_user,'
        " which paul does not have."
    )
    assert not Job.objects.exists()
    assert services.submit(caller_for(plain), type=kind.slug).job
    assert services.submit(caller_for(viewer), type=kind.slug, params={"colour": "view"}).job


def test_a_launcher_who_lost_the_permission_is_refused_in_the_worker(make_type):
    kind = make_type(form=Colour, permission_for=by_colour)
    demoted = people.launcher(username="dora")
    job = make_job(
        type=kind.slug,
        params={"colour": "add"},
        created_by=demoted,
        created_by_name="dora",
        source="api",
    )
    with pytest.raises(NotPermitted, match=r"needs the permission auth\.add_user, which dora does"):
        services.launcher(JobContext(job))


def test_a_launcher_who_was_deactivated_or_deleted_is_refused_in_the_worker(make_type):
    kind = make_type()
    leaver = people.launcher(is_active=False)
    with pytest.raises(NotPermitted, match="is deactivated"):
        services.launcher(JobContext(make_job(type=kind.slug, created_by=leaver, source="api")))
    with pytest.raises(NotPermitted, match="is gone"):
        services.launcher(JobContext(make_job(type=kind.slug, source="api")))
    assert services.launcher(JobContext(make_job(type=kind.slug, source="command"))).user is None


def test_files_are_for_those_whom_the_params_permit(make_type):
    kind = make_type(form=Colour, permission_for=by_colour)
    job = make_job(type=kind.slug, params={"colour": "view"}, status=Status.COMPLETED)
    job.files.create(
        attempt=1, name="x", content_type="text/csv", size=1, sha256="", stored_name="x"
    )
    assert not access.files(people.viewer(), job).exists()
    assert access.files(make_user("auth.view_user"), job).exists()
    assert access.files(None, job).exists()


class Lowered(Colour):
    """The same, but what is sent is not what the handler gets."""

    def clean_colour(self):
        return self.cleaned_data["colour"].lower()


@pytest.mark.parametrize("sent", ["view", "View", " view "])
def test_a_permission_is_asked_for_what_the_handler_gets_however_it_was_spelled(
    make_type, redis, sent
):
    def by_exact_colour(params):
        return "auth.view_user" if params["colour"] == "view" else None

    kind = make_type(form=Lowered, permission_for=by_exact_colour)
    plain = people.launcher(username="paul")
    with pytest.raises(NotPermitted, match=r"auth\.view_user"):
        services.submit(caller_for(plain), type=kind.slug, params={"colour": sent})
    job = make_job(type=kind.slug, params={"colour": sent}, created_by=plain, source="api")
    with pytest.raises(NotPermitted, match=r"auth\.view_user"):
        services.launcher(JobContext(job))
    job.files.create(
        attempt=1, name="x", content_type="text/csv", size=1, sha256="", stored_name="x"
    )
    assert not access.files(plain, job).exists()


def test_running_again_is_offered_only_to_those_whom_the_params_permit(make_type):
    kind = make_type(form=Colour, permission_for=by_colour)
    job = make_job(type=kind.slug, params={"colour": "view"}, status=Status.COMPLETED)
    assert not RERUN.is_possible(make_user("jobs.view_job", "jobs.add_job"), job)
    assert RERUN.is_possible(make_user("jobs.add_job", "auth.view_user"), job)
