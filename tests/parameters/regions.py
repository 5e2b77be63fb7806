"""A form that sees its user, and a member of one region."""

import pytest
from django import forms
from django.contrib.auth.models import Group

from jobs.models import Job, Status
from tests.support.factories import make_job, make_user

__all__ = ["RegionForm", "foreign", "member", "regions", "started", "user"]


class RegionForm(forms.Form):
    """The regions of a user are the names of their groups; a job is one that they may see."""

    region = forms.ChoiceField()
    of = forms.ModelChoiceField(Job.objects.all(), required=False)

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        groups = Group.objects.all() if user is None else user.groups.all()
        self.fields["region"].choices = [(one.name, one.name) for one in groups.order_by("name")]


@pytest.fixture
def regions(make_type, redis):
    Group.objects.all().delete()
    for name in ("north", "south"):
        Group.objects.create(name=name)
    return make_type(slug="regions", label="Regions", form=RegionForm)


@pytest.fixture
def user():
    return member("north")


@pytest.fixture
def foreign():
    return make_job(name="Foreign", created_by=make_user())


def member(group, **fields):
    found = make_user("jobs.add_job", is_staff=True, **fields)
    found.groups.add(Group.objects.get_or_create(name=group)[0])
    return found


def started(job):
    """A job like this one that a worker has claimed."""
    return make_job(
        type=job.type,
        status=Status.PROCESSING,
        params=job.params,
        created_by=job.created_by,
        source=job.source,
    )
