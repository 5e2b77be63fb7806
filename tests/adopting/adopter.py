"""A project in an empty directory, to which the blocks of docs/adopting.md are applied."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
from django.conf import settings

from tests.faults.staff import Staff

CHECKOUT = Path(settings.BASE_DIR)
SHOP = CHECKOUT / "examples/shop"
DOCUMENT = (CHECKOUT / "docs/adopting.md").read_text()
# In the order of the page: "Append to" or "New file", its name, its text; or a command and where.
BLOCKS = re.findall(
    r"(?:(Append to|New file) `([^`]+)`:\n\n)?```(python|sh)(?: (checkout|process))?\n(.*?)```",
    DOCUMENT,
    re.DOTALL,
)
PORT_OF_DOCUMENT = "8001"
ADA, PASSWORD = "ada@example.com", "of nobody else"
BEFORE = f"""from people.models import Member
Member.objects.create_superuser("{ADA}", "{PASSWORD}")
from django.contrib.auth.models import Permission
member = Member.objects.create_user("eve@example.com", "{PASSWORD}", is_staff=True)
member.user_permissions.set(Permission.objects.filter(codename="view_product"))"""
JOBS = "/backstage/jobs/job"


@dataclass
class Adopter:
    """A project in an empty directory, with its virtualenv and its servers."""

    directory: Path
    env: dict[str, str]
    port: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, command: str, *, cwd: Path | None = None) -> str:
        """Run a command of the page in a shell; return what it prints."""
        done = subprocess.run(
            ["bash", "-ec", command],
            cwd=cwd or self.directory,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self, command: str) -> None:
        """Start a command of the page that goes on, as in a terminal of its own."""
        words = command.replace(PORT_OF_DOCUMENT, self.port)
        with (self.directory / f"process-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                ["bash", "-c", words],
                cwd=self.directory,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)

    def stop(self) -> None:
        """End each process group that was started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self.processes:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            for process in self.processes:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        connection = psycopg2.connect(self.env["DATABASE_URL"])
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            found = cursor.fetchall()
        connection.close()
        return found


def project_before(directory: Path) -> None:
    """Copy the shop as it was before the blocks of the page."""
    shutil.copytree(
        SHOP, directory, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
    )
    for how, name, _, _, text in BLOCKS:
        if how == "New file":
            (directory / name).unlink()
        elif how:
            file = directory / name
            before, block, after = file.read_text().partition(f"\n{text}")
            assert (bool(block), after) == (True, ""), f"{name} does not end with its block"
            file.write_text(before)


def virtualenv(directory: Path) -> Path:
    """Make a virtualenv that finds our dependencies, but not our checkout; return its bin/."""
    venv.create(directory, symlinks=True)
    names = {"base": str(directory), "platbase": str(directory)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=names))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    for command in ("celery",):
        script = directory / "bin" / command
        script.write_text(f'#!/bin/sh\nexec "{directory}/bin/python" -m {command} "$@"\n')
        script.chmod(0o755)
    return directory / "bin"


def make_without_installing(directory: Path) -> dict[str, str]:
    """Variables with which `make` uses this Python, whose packages the tests do not change."""
    (directory / "bin").mkdir(parents=True)
    python = directory / "bin/python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    for stamp in ("runtime", "dev"):
        (directory / stamp).touch()
    return {"MAKEFLAGS": "e", "VENV": str(directory)}


def answers(adopter: Adopter) -> bool:
    try:
        return staff_of(adopter).get("/backstage/login/").status == 200
    except OSError:
        return False


def staff_of(adopter: Adopter) -> Staff:
    return Staff(f"127.0.0.1:{adopter.port}")


def signed_in(adopter: Adopter, name: str = ADA) -> Staff:
    staff = staff_of(adopter)
    staff.get("/backstage/login/")
    staff.post("/backstage/login/?next=/backstage/", username=name, password=PASSWORD)
    return staff


def job_named(adopter: Adopter, name: str) -> tuple[object, ...]:
    """The first job of that name: the document submits it before any test does."""
    sql = f"SELECT id, status, progress_percent FROM jobs_job WHERE name = '{name}' ORDER BY id"
    return adopter.rows(sql)[0]
