"""Jobs about objects of an app that this project does not have installed."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

SETTINGS = "tests.about.shop.settings"


@pytest.mark.parametrize(
    "checks", ["submitting", "calling", "reading", "launching", "ticking", "looking"]
)
def test_jobs_are_about_objects_of_another_app(checks):
    # In a process of its own, because its models need tables and its admin needs URLs.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--ds={SETTINGS}"]
    tested = subprocess.run(
        [*command, f"tests/about/{checks}.py"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"TEST_REDIS_URL": os.environ["REDIS_URL"]},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
