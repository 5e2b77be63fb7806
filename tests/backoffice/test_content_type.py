"""A Content-Type that Django cannot read costs its parameters, and no request ends as a 500."""

from io import BytesIO

import pytest
from django.test import RequestFactory

from backoffice.content_type import Utf8Request, with_readable_type


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


def request_with(kind, body=b""):
    environ = RequestFactory().generic("POST", "/?name=%C3%A9", body).environ
    return Utf8Request(environ | {"CONTENT_TYPE": kind, "wsgi.input": BytesIO(body)})


@pytest.mark.parametrize("charset", ["utf-16", "base64", "idna", "undefined", "iso-8859-1"])
def test_the_charset_of_a_file_is_not_that_of_the_query_and_of_forms(charset):
    kind = f"text/plain; charset={charset}"
    request = request_with(kind)
    assert (request.GET["name"], request.headers["Content-Type"]) == ("é", kind)
    part = 'Content-Disposition: form-data; name="file"; filename="é"'
    body = f"--x\r\n{part}\r\n\r\nabc\r\n--x--\r\n".encode()
    request = request_with(f"multipart/form-data; boundary=x; charset={charset}", body)
    assert request.FILES["file"].name == "é"
