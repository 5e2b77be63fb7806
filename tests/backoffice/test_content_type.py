"""A Content-Type that Django cannot read costs its parameters, and no request ends as a 500."""

import pytest

from backoffice.content_type import with_readable_type


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("text/plain; a*=unknown''%41", "text/plain"),
        ("multipart/form-data; boundary*=x''y", "multipart/form-data"),
        (f"application/json; a*{'9' * 5000}=1", "application/json"),
        ("text/plain; a*=utf-8''%41", "text/plain; a*=utf-8''%41"),
        ("multipart/form-data; boundary=x*y", "multipart/form-data; boundary=x*y"),
        ("", ""),
    ],
)
def test_malformed_parameters_are_dropped(sent, read):
    seen = []
    serve = with_readable_type(lambda environ, start: seen.append(environ["CONTENT_TYPE"]) or [])
    serve({"CONTENT_TYPE": sent}, None)
    assert seen == [read]
