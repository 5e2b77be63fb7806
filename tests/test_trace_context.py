"""`traceparent` is read as W3C Trace Context has it: a malformed one is ignored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.trace_context import read_traceparent, trace_id_of, write_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (GOOD, GOOD),
        (f" \t{GOOD} ", GOOD),
        (f"00-{TRACE}-{SPAN}-00", f"00-{TRACE}-{SPAN}-00"),
        # Flags that version 00 does not know are cleared.
        (f"00-{TRACE}-{SPAN}-03", GOOD),
        (f"00-{TRACE}-{SPAN}-fe", f"00-{TRACE}-{SPAN}-00"),
        # A later version is read as far as this one knows it.
        (f"cc-{TRACE}-{SPAN}-01", GOOD),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", GOOD),
        (f"cc-{TRACE}-{SPAN}-01-", GOOD),
    ],
)
def test_a_header_is_read_as_version_00(header, read):
    assert read_traceparent(header) == read


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        GOOD.upper(),
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-more",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f"00-{TRACE}-{SPAN[1:]}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-0g",
        f"00_{TRACE}_{SPAN}_01",
        f"0-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"{GOOD},{GOOD}",  # the header was sent twice
        f"{GOOD}\n",
        f"cc-{TRACE}-{SPAN}-01-\nforged",
        f"00-{TRACE[:-1]}\N{ARABIC-INDIC DIGIT ONE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-\N{FULLWIDTH DIGIT ZERO}1",
    ],
)
def test_a_malformed_header_is_ignored(header):
    assert read_traceparent(header) == ""


@given(st.text() | st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"))
def test_what_is_read_is_empty_or_is_read_as_itself(header):
    read = read_traceparent(header)
    assert read == "" or (len(read) == 55 and read_traceparent(read) == read)


def test_a_header_that_is_written_is_read():
    assert read_traceparent(write_traceparent(TRACE, SPAN, 1)) == GOOD
    assert trace_id_of(GOOD) == TRACE
    assert trace_id_of("") == ""
