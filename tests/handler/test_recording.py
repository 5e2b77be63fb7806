"""Running a job type without a worker: in a test, and in the foreground."""

import json

import pytest
from django import forms
from django.core.management import CommandError, call_command

from jobs import services
from jobs.errors import InvalidParams, NotPermitted
from jobs.handler.context import Cancelled
from jobs.testing import RecordingContext, run_type
from tests.support import people


class CountForm(forms.Form):
    rows = forms.IntegerField(initial=2)
    word = forms.CharField(initial="row")


def count(job, rows, word):
    job.log(f"{rows} rows")
    with job.save_file("rows.csv", "text/csv") as file:
        for row in range(rows):
            job.progress(row, rows, f"{word} {row}")
            file.write(f"{word} {row}\n".encode())
    return {"rows": (rows,)}


@pytest.fixture
def kind(make_type):
    return make_type(form=CountForm, run=count)


def test_a_run_returns_what_the_handler_reported_without_a_database(kind):
    run = run_type(kind.slug, {"rows": 2})
    assert run.result == {"rows": [2]}
    assert run.reported == [(0, "row 0"), (50, "row 1")]
    assert [line.message for line in run.lines] == ["2 rows"]
    assert run.files["rows.csv"].read_text() == "row 0\nrow 1\n"


def test_a_handler_can_be_called_with_a_context_alone():
    context = RecordingContext()
    assert count(context, rows=1, word="x") == {"rows": (1,)}
    assert context.reported == [(0, "x 0")]


def test_a_cancelled_run_keeps_no_half_written_file(kind):
    context = RecordingContext(cancel_after=1)
    with pytest.raises(Cancelled):
        count(context, rows=5, word="x")
    assert context.files == {}


def test_wrong_params_are_refused_as_by_the_api(kind):
    with pytest.raises(InvalidParams, match="rows: Must be a whole number"):
        run_type(kind.slug, {"rows": "two"})


def test_a_result_that_is_not_json_fails_the_test(make_type):
    with pytest.raises(TypeError):
        run_type(make_type(run=lambda job: {"at": object()}).slug)


@pytest.mark.django_db
def test_a_handler_finds_the_rights_of_the_given_user(make_type):
    kind = make_type(run=lambda job: {"user": services.launcher(job).name})
    assert run_type(kind.slug, user=people.launcher(username="maria")).result == {"user": "maria"}
    with pytest.raises(NotPermitted):
        run_type(kind.slug, user=people.viewer())


def test_the_command_prints_progress_and_result_and_saves_files(kind, tmp_path, capsys):
    call_command("run_job_type", kind.slug, "--param=rows=1", "--param=word=7", output=tmp_path)
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"rows": [1]}
    assert "  0 %  7 0" in printed.err
    assert (tmp_path / "rows.csv").read_text() == "7 0\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--param=rows"], "has no ="),
        (["--param=rows=two"], "rows: Must be a whole number"),
        (["--params=[]"], "must be a JSON object"),
        (["--params=" + '{"a":' * 50_000], "is not JSON"),
        (["--output=/nowhere"], "is not a directory"),
        (["--param=none=1"], "none: This parameter is not known"),
    ],
)
def test_the_command_refuses_wrong_options_in_a_sentence(kind, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("run_job_type", kind.slug, *options)


def test_the_command_shows_the_traceback_of_a_handler_that_raises(make_type, capsys):
    kind = make_type(run=lambda job: {}["nothing"])
    with pytest.raises(CommandError, match="The handler raised KeyError"):
        call_command("run_job_type", kind.slug)
    assert "Traceback" in capsys.readouterr().err


def test_children_are_recorded_and_not_stored(make_type):
    kind = make_type(form=CountForm)

    def split(job):
        return {"names": [job.submit(kind.slug, {"rows": 3}, key="a").name for _ in range(2)]}

    run = run_type(make_type(split).slug)
    assert [(child.type, child.params["rows"]) for child in run.children] == [(kind.slug, 3)]
    assert run.result == {"names": [kind.label] * 2}
