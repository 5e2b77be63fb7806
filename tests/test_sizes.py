"""Lines, files and functions are short, and no imports run in a circle.

`python -m tests.sizes` prints what is long.
"""

import statistics
import sys

from tests import sizes

LONG_LINES = 0
LONGEST_FILE, FILES_95 = 260, 200
LONGEST_FUNCTION, FUNCTIONS_95, FUNCTIONS_MEDIAN = 40, 20, 6


def beyond(lengths: dict[str, int], limit: int) -> dict[str, int]:
    return {name: lines for name, lines in lengths.items() if lines > limit}


def test_few_lines_are_over_100_columns(capsys):
    found = sizes.long_lines()
    with capsys.disabled():
        sys.stdout.write(f"\nlines over 100 columns: {len(found)}\n")
    assert len(found) <= LONG_LINES, found


def test_files_are_short(capsys):
    lengths = sizes.lines_of_files()
    with capsys.disabled():
        sys.stdout.write(f"\nfiles: {sizes.figures(lengths.values())}\n")
    assert beyond(lengths, LONGEST_FILE) == {}
    assert sizes.share(lengths.values(), 95) <= FILES_95, beyond(lengths, FILES_95)


def test_functions_are_short(capsys):
    lengths = sizes.lines_of_functions()
    with capsys.disabled():
        sys.stdout.write(f"\nfunctions: {sizes.figures(lengths.values())}\n")
    assert beyond(lengths, LONGEST_FUNCTION) == {}
    assert sizes.share(lengths.values(), 95) <= FUNCTIONS_95, beyond(lengths, FUNCTIONS_95)
    assert statistics.median(lengths.values()) <= FUNCTIONS_MEDIAN


def test_no_modules_import_each_other_in_a_circle():
    assert sizes.circles() == []
