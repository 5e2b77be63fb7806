"""An action added to the table appears at every door (docs/architecture.md, "Where to add")."""

import os
import subprocess
import sys

from django.conf import settings

SETTINGS = "tests.services.extra_actions.settings"


def test_every_door_offers_an_action_once_it_is_in_the_table():
    # In a process of its own, because URLs, permissions and job types are made from the table when
    # their modules are imported.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--ds={SETTINGS}"]
    tested = subprocess.run(
        [*command, "tests/services/extra_actions/checks.py"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"TEST_REDIS_URL": os.environ["REDIS_URL"]},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "17 passed" in tested.stdout
