"""The measurements of `python -m benchmarks` fit the code that they measure."""

import importlib

import pytest

from benchmarks.__main__ import NAMES


@pytest.mark.parametrize("name", [*NAMES, "report_memory"])
def test_a_measurement_can_be_imported(name):
    assert importlib.import_module(f"benchmarks.{name}")
