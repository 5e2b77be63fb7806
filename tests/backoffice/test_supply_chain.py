"""What production installs is listed with its licences, and advisories are asked where possible."""

import re
import subprocess

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
SHIPPED = (
    "requirements.txt",
    "requirements-s3.txt",
    "requirements-sso.txt",
    "requirements-observability.txt",
)
# A package of the locks; those with a condition may not be installed here.
PINNED = re.compile(r"^([a-z0-9_.-]+)==([^ ;\\]+) \\$", re.MULTILINE)
LISTED = re.compile(r"^\| (\S+) +\| (\S+) +\| (\S.*?) +\|", re.MULTILINE)


def test_every_package_that_production_installs_has_a_listed_licence():
    listed = {
        name.lower().replace("_", "-"): (version, licence)
        for name, version, licence in LISTED.findall((ROOT / "docs/licences.md").read_text())
    }
    pinned = dict(pair for name in SHIPPED for pair in PINNED.findall((ROOT / name).read_text()))
    assert {name: listed[name][0] for name in pinned if name in listed} == pinned
    assert not [name for name, (_, licence) in listed.items() if licence == "UNKNOWN"]


def test_every_lock_pins_a_package_at_the_same_version():
    found: dict[str, set[str]] = {}
    for name in (*SHIPPED, "requirements-dev.txt"):
        for package, version in PINNED.findall((ROOT / name).read_text()):
            found.setdefault(package, set()).add(version)
    differ = {package: versions for package, versions in found.items() if len(versions) > 1}
    assert differ == {}, "an image with several extras would have the last one's"


def audit(output, code):
    command = [ROOT / ".ci/audit", "sh", "-c", f"echo '{output}'; exit {code}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize(
    ("output", "code", "expected"),
    [
        ("No known vulnerabilities found", 0, 0),
        ("Found 1 known vulnerability in 1 package", 1, 1),
        ("ERROR: amqp: Dependency not found on PyPI and could not be audited", 1, 0),
        ("ERROR: something else", 1, 1),
    ],
)
def test_an_audit_fails_on_an_advisory_and_says_where_it_could_not_ask(output, code, expected):
    done = audit(output, code)
    assert done.returncode == expected
    assert ("NOT AUDITED" in done.stdout) == (code != expected)
