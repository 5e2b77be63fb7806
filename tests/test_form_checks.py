"""A form that could not be made, or a queue that is misspelt, is named at the start."""

import pytest
from django import forms

from jobs import checks


class NeedsSite(forms.Form):
    """A form that asks for more than the system gives."""

    def __init__(self, site, **options):
        super().__init__(**options)


class TakesNothing(forms.Form):
    """A form that can be made, but neither filled nor bound."""

    def __init__(self):
        super().__init__()


@pytest.mark.parametrize("form", [NeedsSite, TakesNothing])
def test_a_form_that_cannot_be_made_is_refused(make_type, form):
    make_type(slug="odd", form=form)
    [problem] = checks.check_job_types()
    assert problem.id == "jobs.E005"
    assert problem.msg.startswith(
        "Job type odd: its form cannot be made without arguments: TypeError("
    )


class FailsWithoutUser(forms.Form):
    """A form that forgets the commands."""

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["of"] = forms.CharField(initial=user.username)


def test_a_form_that_cannot_be_made_for_a_command_is_refused(make_type):
    make_type(slug="odd", form=FailsWithoutUser)
    [problem] = checks.check_job_types()
    assert problem.id == "jobs.E005"
    assert problem.msg.startswith("Job type odd: its form cannot be made for user=None")
    assert "user=None, **kwargs)" in problem.hint


class PopsUser(forms.Form):
    """A form that takes the user without naming it."""

    def __init__(self, *args, **kwargs):
        self.user = kwargs.pop("user", None)
        super().__init__(*args, **kwargs)


def test_a_form_that_would_never_get_its_user_is_refused(make_type):
    make_type(slug="odd", form=PopsUser)
    [problem] = checks.check_job_types()
    assert problem.id == "jobs.E008"
    assert problem.msg.startswith("Job type odd: its form takes `user` out of **kwargs")
    assert problem.hint == "Name the parameter: def __init__(self, *args, user=None, **kwargs)."


@pytest.mark.parametrize("queue", ["maintainance", "Default", "defualt"])
def test_a_queue_that_is_probably_misspelt_is_a_warning(make_type, queue):
    make_type(slug="odd", queue=queue)
    [problem] = checks.check_job_types()
    assert (problem.id, problem.is_serious()) == ("jobs.W009", False)
    assert problem.msg == f"Job type odd: its queue is {queue!r}, which no other type has."
    make_type(slug="even", queue=queue)
    assert checks.check_job_types() == []


@pytest.mark.parametrize("queue", ["default", "maintenance", "slow", "reports"])
def test_other_queues_are_taken(make_type, queue):
    make_type(queue=queue)
    assert checks.check_job_types() == []
