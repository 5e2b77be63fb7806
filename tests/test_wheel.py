"""`make wheel` builds the app with its templates and static files; nothing of the site is in it."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from django.conf import settings

from backoffice import __version__

ROOT = Path(settings.BASE_DIR)
FOLDERS = {
    "jobs": "jobs",
    "templates/admin/jobs": "jobs/templates/admin/jobs",
    "templates/jobs": "jobs/templates/jobs",
    "static/jobs": "jobs/static/jobs",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    place = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    [file] = place.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        yield archive


def test_the_wheel_has_each_file_of_the_app_once(wheel):
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS]
    files = subprocess.check_output(listed, cwd=ROOT, text=True).split()
    expected = set()
    for file in filter(lambda one: (ROOT / one).exists(), files):
        folder = next(one for one in FOLDERS if file.startswith(f"{one}/"))
        expected.add(file.replace(folder, FOLDERS[folder], 1))
    names = [one for one in wheel.namelist() if ".dist-info/" not in one]
    assert sorted(names) == sorted(expected)


def test_the_wheel_needs_what_the_app_imports_and_not_what_the_site_does(wheel):
    [name] = [one for one in wheel.namelist() if one.endswith(".dist-info/METADATA")]
    metadata = Parser().parsestr(wheel.read(name).decode())
    assert (metadata["Name"], metadata["Version"]) == ("backoffice-jobs", __version__)
    needed = set(metadata.get_all("Requires-Dist"))
    assert {"django~=5.2.0", "celery", "psycopg2-binary"} <= needed
    assert not {"gunicorn", "django-environ", "django-axes", "whitenoise"} & needed
