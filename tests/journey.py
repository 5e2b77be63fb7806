"""`python -m tests.journey`: print which of our files two requests run through, and in which order.

The first is one submission over the API, the second the confirmed cancel of 300 jobs in the admin.
A number such as "3x" says how often one opens the file when one reads the functions in that order.
"""

import sys

import pytest

SHOW_PRINTED = ["-q", "--no-header", "-rP", "--show-capture=stdout"]

if __name__ == "__main__":
    sys.exit(pytest.main([*SHOW_PRINTED, "tests/test_journeys.py"]))
