"""Headers of a download: validators, HEAD, the name of the file, and X-Accel-Redirect for nginx."""

from urllib.parse import unquote

import pytest
from django.core.files.storage import storages

from tests.download.files import CONTENT, ETAG, stored


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_a_client_that_has_the_content_gets_304(ask, file, known):
    status, headers, body = ask(file, **{"If-None-Match": known, "Range": "bytes=0-1"})
    assert (status, body, headers["ETag"]) == (304, b"", ETAG)
    assert "Content-Length" not in headers


@pytest.mark.parametrize("known", ['"other"', 'W/"other"', "nonsense", "", ETAG.strip('"')])
def test_a_client_that_has_another_content_gets_the_file(ask, file, known):
    assert ask(file, **{"If-None-Match": known})[::2] == (200, CONTENT)


@pytest.mark.parametrize("wanted", ['"other"', f"W/{ETAG}", "nonsense", '"a", "b"'])
def test_a_wrong_if_match_is_412(ask, file, wanted):
    status, headers, body = ask(file, **{"If-Match": wanted})
    assert (status, headers["ETag"]) == (412, ETAG)
    assert CONTENT not in body


@pytest.mark.parametrize("wanted", [ETAG, f'"other", {ETAG}', "*"])
def test_a_right_if_match_gets_the_file(ask, file, wanted):
    assert ask(file, **{"If-Match": wanted})[::2] == (200, CONTENT)


def test_head_has_the_headers_of_get_and_no_body(ask, file):
    _, whole, _ = ask(file)
    for more in ({}, {"Range": "bytes=0-1"}):
        status, headers, body = ask(file, "head", **more)
        assert (status, body) == (200, b"")
        for name in (
            "Content-Length",
            "Content-Type",
            "Content-Disposition",
            "ETag",
            "Accept-Ranges",
        ):
            assert headers[name] == whole[name]
    assert ask(file, "head", **{"If-None-Match": ETAG})[0] == 304
    assert ask(file, "head", **{"If-Match": '"other"'})[0] == 412


def test_a_file_whose_content_is_gone_is_404_for_get_and_head(ask, file):
    storages["jobs"].delete(file.stored_name)
    assert [ask(file, method)[0] for method in ("get", "head")] == [404, 404]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.csv", "report.csv"),
        ("Übersicht für alle.csv", "Ubersicht fur alle.csv"),
        ("отчёт.csv", "_____.csv"),
        ('a"b\\c%41.txt', "a_b_c_41.txt"),
        ("100% 📈.xlsx", "100_ _.xlsx"),
        ("naïve; filename=evil.exe", "naive_ filename=evil.exe"),
    ],
)
def test_a_name_has_a_plain_form_beside_the_whole_one(ask, name, plain):
    _, headers, _ = ask(stored(b"x", name.replace("/", "_")))
    first, _, starred = headers["Content-Disposition"].partition("; filename*=UTF-8''")
    assert first == f'attachment; filename="{plain}"'
    assert unquote(starred) == ("" if name == plain else name)


def test_behind_nginx_the_file_is_sent_by_nginx(ask, file, settings):
    settings.FILES_ACCEL_PREFIX = "/job-files/"
    status, headers, body = ask(file, Range="bytes=0-1")
    assert (status, body) == (200, b"")
    assert headers["X-Accel-Redirect"] == f"/job-files/{file.stored_name}"
    assert headers["Content-Disposition"] == 'attachment; filename="data.bin"'
    assert not {"Content-Range", "Accept-Ranges"} & set(headers)
    # nginx knows its own validators only, so these are judged here.
    assert ask(file, **{"If-None-Match": ETAG})[0] == 304
    assert ask(file, **{"If-Match": '"other"'})[0] == 412
    assert ask(file, **{"If-Range": ETAG, "Range": "bytes=0-1"})[::2] == (206, CONTENT[:2])
