"""The guide for authors of job types: its examples and its blocks, in a project that has them."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

CHECKS = ["importing", "doors", "over_http", "to_files", "blocks", "moving"]


@pytest.mark.parametrize("checks", CHECKS)
def test_the_guide_does_what_it_says(checks):
    # In a process of its own, because the models of the examples need tables.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tested = subprocess.run(
        [*command, "--ds=tests.guide.settings", f"tests/guide/{checks}.py"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"TEST_REDIS_URL": os.environ["REDIS_URL"]},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
