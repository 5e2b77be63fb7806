"""A job type that could only fail later stops the start."""

import pytest
from django import forms

from jobs import checks


class TwoInputs(forms.Form):
    at = forms.SplitDateTimeField()


class OneFile(forms.Form):
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
    assert ids(checks.check_job_types()) == ["jobs.E002"]


def test_a_file_field_is_taken_unless_it_is_secret_or_has_an_initial_value(make_type):
    make_type(form=OneFile)
    assert checks.check_job_types() == []
    make_type(form=OneFile, secret_fields=("file",))
    make_type(form=type("Given", (forms.Form,), {"file": forms.FileField(initial="a.csv")}))
    assert ids(checks.check_job_types()) == ["jobs.E009", "jobs.E007"]


def takes_nothing():
    """No scanner."""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("scan", "cannot be imported"),
        ("nowhere.scan", "cannot be imported: ModuleNotFoundError"),
        ("jobs.checks.nothing", "cannot be imported"),
        ("jobs.checks.TAG", "is no function"),
        (f"{__name__}.takes_nothing", "does not take a file and its name"),
        ("tests.support.broken_module.scan", "cannot be imported: ZeroDivisionError"),
        ("builtins.print", ""),
        ("builtins.max", ""),
    ],
)
def test_a_scanner_that_cannot_be_called_is_refused(settings, name, words):
    settings.UPLOAD_SCANNER = name
    found = checks.check_scanner()
    assert [one.id for one in found] == (["jobs.E022"] if words else [])
    assert all(words in one.msg for one in found)


class Picture(forms.Form):
    """A form with an image."""

    picture = forms.ImageField()


@pytest.mark.parametrize(("found", "errors"), [(None, ["jobs.E023"]), ("Pillow", [])])
def test_an_image_field_needs_pillow(make_type, monkeypatch, found, errors):
    monkeypatch.setattr(checks, "find_spec", lambda name: found)
    make_type(form=Picture)
    assert ids(checks.check_job_types()) == errors


def test_a_secret_field_that_the_form_lacks_is_refused(make_type):
    make_type(form=One, secret_fields=("two",))
    assert ids(checks.check_job_types()) == ["jobs.E003"]


def test_a_handler_that_does_not_take_the_forms_fields_is_refused(make_type):
    make_type(lambda job: None, form=One)
    assert ids(checks.check_job_types()) == ["jobs.E004"]


class ListInput(forms.TextInput):
    """Makes a list of what was typed."""

    def value_from_datadict(self, data, files, name):
        return data.get(name, "").split(",")


class SeveralFiles(forms.ClearableFileInput):
    """An input that sends several files under one name."""

    allow_multiple_selected = True


class Parts(forms.MultiValueField):
    """A field of the author's own, of two parts."""

    def __init__(self, **options):
        super().__init__(fields=[forms.CharField(), forms.CharField()], **options)


@pytest.mark.parametrize(
    "field",
    [
        forms.SplitDateTimeField(),
        forms.FileField(widget=SeveralFiles),
        forms.ImageField(widget=SeveralFiles),
        Parts(),
        forms.DateField(widget=forms.SelectDateWidget),
        forms.CharField(widget=forms.SplitDateTimeWidget),
        forms.CharField(widget=forms.FileInput),
        forms.CharField(widget=forms.CheckboxInput),
        forms.Field(widget=ListInput),
    ],
    ids=lambda field: f"{type(field).__name__}, {type(field.widget).__name__}",
)
def test_a_field_without_a_json_value_is_refused_by_its_type_and_name(make_type, field):
    make_type(slug="odd", form=type("Odd", (forms.Form,), {"when": field}))
    [problem] = checks.check_job_types()
    assert problem.id == "jobs.E002"
    assert problem.msg.startswith(f"Job type odd: the field when ({type(field).__name__})")


@pytest.mark.parametrize(
    "field",
    [
        forms.IntegerField(initial="many"),
        forms.DateTimeField(initial="yesterday"),
        forms.JSONField(initial={1, 2}),
        forms.DecimalField(initial="much"),
        forms.DurationField(initial="long"),
    ],
    ids=lambda field: type(field).__name__,
)
def test_an_initial_value_that_the_field_cannot_have_is_refused(make_type, field):
    make_type(slug="odd", form=type("Odd", (forms.Form,), {"when": field}))
    [problem] = checks.check_job_types()
    assert problem.id == "jobs.E007"
    assert problem.msg.startswith("Job type odd: the field when ")
    assert repr(field.initial) in problem.msg


@pytest.mark.parametrize(
    "permission", ["nope.nope", "auth.nope", "nope.view_user", "auth.viewuser"]
)
def test_a_permission_that_no_model_declares_is_refused(make_type, permission):
    make_type(slug="odd", permission=permission)
    [problem] = checks.check_job_types()
    assert problem.id == "jobs.E006"
    assert f"Job type odd: no model declares its permission '{permission}'" in problem.msg


@pytest.mark.parametrize("permission", ["auth.view_user", "jobs.cancel_job", "jobs.add_job", None])
def test_a_permission_that_a_model_declares_is_taken(make_type, permission):
    make_type(permission=permission)
    assert checks.check_job_types() == []


class Handler:
    """A handler that is an object."""

    def __call__(self, job, **params):
        return None

    def method(self, job, **params):
        return None


@pytest.mark.parametrize(
    ("field", "run"),
    [
        ("job", lambda job, **params: None),
        ("context", lambda context, **params: None),
        ("self", Handler()),
        ("self", Handler().method),
        ("other", lambda job: None),
        ("other", lambda: None),
        ("other", lambda *, other: None),
        ("other", lambda job, other, more: None),
    ],
)
def test_a_handler_that_cannot_be_called_with_the_fields_is_refused(make_type, field, run):
    make_type(run, slug="odd", form=type("Odd", (forms.Form,), {field: forms.CharField()}))
    [problem] = checks.check_job_types()
    assert problem.id == "jobs.E004"
    assert problem.msg.startswith("Job type odd: its handler does not take the form's fields: ")


@pytest.mark.parametrize("field", ["from", "class", "due-date"])
def test_a_field_whose_name_is_no_parameter_in_python_gets_a_fix_that_works(make_type, field):
    form = type("Odd", (forms.Form,), {field: forms.CharField()})
    make_type(lambda job: None, form=form)
    [problem] = checks.check_job_types()
    assert problem.hint.startswith("def run(job, **params), because Python has no parameter")
    assert repr(field) in problem.hint


@pytest.mark.parametrize(
    ("field", "run"),
    [
        ("job", lambda context, **params: None),
        ("job", lambda job, /, **params: None),
        ("self", lambda job, self: None),
        ("other", Handler()),
        ("other", lambda *everything, **params: None),
    ],
)
def test_a_handler_that_can_be_called_with_the_fields_is_taken(make_type, field, run):
    make_type(run, form=type("Odd", (forms.Form,), {field: forms.CharField()}))
    assert checks.check_job_types() == []


def test_a_default_type_that_does_not_exist_is_refused(settings):
    settings.JOBS_DEFAULT_TYPE = "reprot"
    [problem] = checks.check_default_type()
    assert "'reprot'" in problem.msg
    assert "report" in problem.hint
