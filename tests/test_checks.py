"""A job type that could only fail later stops the start."""

from django import forms

from jobs import checks


class TwoInputs(forms.Form):
    at = forms.SplitDateTimeField()


class Upload(forms.Form):
    file = forms.FileField()


class One(forms.Form):
    one = forms.CharField()


def ids(messages):
    return [message.id for message in messages]


def test_the_shipped_types_pass():
    assert checks.check_job_types() == []
    assert checks.check_default_type() == []


def test_a_field_without_a_single_json_value_is_refused(make_type):
    make_type(form=TwoInputs)
    make_type(form=Upload)
    assert ids(checks.check_job_types()) == ["jobs.E002", "jobs.E002"]


def test_a_secret_field_that_the_form_lacks_is_refused(make_type):
    make_type(form=One, secret_fields=("two",))
    assert ids(checks.check_job_types()) == ["jobs.E003"]


def test_a_handler_that_does_not_take_the_forms_fields_is_refused(make_type):
    make_type(lambda job: None, form=One)
    assert ids(checks.check_job_types()) == ["jobs.E004"]


def test_a_default_type_that_does_not_exist_is_refused(settings):
    settings.JOBS_DEFAULT_TYPE = "reprot"
    [problem] = checks.check_default_type()
    assert "'reprot'" in problem.msg
    assert "report" in problem.hint
