"""The settings of a bucket are complete, or the process does not start."""

import sys

import pytest

from tests.support.processes import manage, run

HIDDEN = "s3cret"
BUCKET = {"FILES_URL": "s3://files/jobs", "FILES_DIR": ""}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"FILES_URL": "https://files"}, "FILES_URL='https://files' is no bucket."),
        ({"FILES_URL": f"s3://u:{HIDDEN}@files"}, "FILES_URL='s3://***@files' is no bucket."),
        ({"FILES_URL": "s3://files/../etc"}, "is no bucket. Write it as s3://bucket"),
        ({"FILES_ENDPOINT": "s3.example.com"}, "FILES_ENDPOINT='s3.example.com' does not begin"),
        (
            {"FILES_ENDPOINT": f"https://u:{HIDDEN}@s3"},
            "FILES_ENDPOINT='https://***@s3' has more than a host and a port.",
        ),
        ({"FILES_ENDPOINT": "https://s3/bucket"}, "has more than a host and a port."),
        ({"FILES_SECRET_KEY": HIDDEN}, "FILES_ACCESS_KEY and FILES_SECRET_KEY need each other."),
        (
            {"FILES_URL": "", "FILES_SECRET_KEY": HIDDEN},
            "FILES_SECRET_KEY is set without FILES_URL.",
        ),
        ({"FILES_ACCEL_PREFIX": "/job-files/"}, "and nginx cannot read a bucket. Remove it."),
    ],
)
def test_a_half_configured_bucket_is_refused(given, sentence):
    done = manage("check", **BUCKET | given)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert HIDDEN not in done.stderr


def test_a_bucket_needs_no_directory_and_takes_its_secret_from_a_file(tmp_path):
    (tmp_path / "key").write_text(f"{HIDDEN}\n")
    keys = {"FILES_ACCESS_KEY": "k", "FILES_SECRET_KEY_FILE": str(tmp_path / "key")}
    options = "settings.STORAGES['jobs']['OPTIONS']"
    show = f"from django.conf import settings; print({options}['secret_key'])"
    done = manage("shell", "--no-imports", f"--command={show}", **BUCKET | keys)
    assert done.stdout.strip() == HIDDEN, done.stderr


@pytest.mark.parametrize("package", ["storages", "boto3"])
def test_a_bucket_without_its_packages_is_refused_and_names_what_to_install(package):
    hide = (
        "import importlib.util as u, runpy, sys; find = u.find_spec;"
        f"u.find_spec = lambda name, *rest: None if name == {package!r} else find(name, *rest);"
        "sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')"
    )
    done = run(sys.executable, "-c", hide, **BUCKET)
    assert done.returncode == 1
    assert "FILES_URL='s3://files/jobs' needs django-storages and boto3" in done.stderr
    assert f"Python finds no package {package}." in done.stderr
    assert "Install requirements-s3.txt" in done.stderr


def test_a_site_without_a_bucket_loads_none_of_its_packages():
    show = "import sys; print([n for n in ('boto3', 'botocore', 'storages') if n in sys.modules])"
    done = manage("shell", "--no-imports", f"--command={show}")
    assert done.stdout.strip() == "[]", done.stderr
