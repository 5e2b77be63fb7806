"""Parts of a file (RFC 9110, 14)."""

import pytest

from tests.download.files import CONTENT, ETAG, SIZE, stored


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-1", 0, 1),
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=100-", 100, SIZE - 1),
        (f"bytes={SIZE - 1}-{SIZE + 50}", SIZE - 1, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        ("bytes=-500", SIZE - 500, SIZE - 1),
        (f"bytes=-{SIZE + 1}", 0, SIZE - 1),
        ("bytes=5-" + "9" * 5000, 5, SIZE - 1),
        ("bytes=0000000000000000000000005-6", 5, 6),
        ("Bytes=0-1", 0, 1),
    ],
)
def test_a_range_is_answered_with_that_part(ask, file, asked, first, last):
    status, headers, body = ask(file, Range=asked)
    assert status == 206
    assert body == CONTENT[first : last + 1]
    assert headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert headers["Content-Length"] == str(len(body))
    assert headers["ETag"] == ETAG
    assert headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 9}", "bytes=-0", f"bytes={9**400}-"]
)
def test_a_range_behind_the_end_is_416(ask, file, asked):
    status, headers, _ = ask(file, Range=asked)
    assert (status, headers["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,4-5",
        "bytes=5-2",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "0-1",
        "bytes=1",
        "",
    ],
)
def test_a_range_that_is_not_understood_is_ignored(ask, file, asked):
    assert ask(file, Range=asked)[::2] == (200, CONTENT)


def test_an_empty_file_has_no_parts(ask):
    file = stored(b"")
    assert ask(file)[::2] == (200, b"")
    assert ask(file, Range="bytes=0-")[0] == 416
    assert ask(file, Range="bytes=-5")[::2] == (200, b"")


@pytest.mark.parametrize(
    ("validator", "status"),
    [
        (ETAG, 206),
        ('"other"', 200),
        (f"W/{ETAG}", 200),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 200),
        ("", 200),
    ],
)
def test_a_range_of_a_file_that_changed_is_the_whole_file(ask, file, validator, status):
    found, _, body = ask(file, **{"If-Range": validator, "Range": "bytes=2-3"})
    assert (found, body) == (status, CONTENT[2:4] if status == 206 else CONTENT)
