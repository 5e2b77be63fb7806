"""The Docker commands of the documents, and what docker-compose.yml has for them."""

import re
import shlex
import subprocess
from itertools import takewhile

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from tests.support.operations import documented
from tests.support.processes import run

ROOT = settings.BASE_DIR
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCUMENTS = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
FLAGS = {
    "build": set(),
    "up": {"--build", "--detach", "--wait"},
    "exec": {"-T"},
    "run": {"-T", "--rm", "--no-deps"},
    "down": {"--volumes"},
    "logs": {"--follow"},
    "ps": set(),
}


def commands() -> list[list[str]]:
    """The words after each `docker compose` in a block of the documents."""
    found = []
    for file in DOCUMENTS:
        for block in re.findall(r"^```sh.*?\n(.*?)^```", file.read_text(), re.DOTALL | re.M):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("docker compose "):
                    found.append(shlex.split(re.split(r" (?:[<>|]|&&) ", line)[0], comments=True))
    return [words[2:] for words in found]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_names_services_and_commands_that_exist(words):
    verb, *rest = words
    options = list(takewhile(lambda word: word.startswith("-"), rest))
    services = rest[len(options) :]
    assert set(options) <= FLAGS[verb]
    if verb in ("exec", "run"):
        services, inside = services[:1], services[1:]
        if "manage.py" in inside:
            assert inside[inside.index("manage.py") + 1] in get_commands()
    assert set(services) <= set(SERVICES)


def test_one_service_builds_the_image_of_all():
    built = [name for name, service in SERVICES.items() if "build" in service]
    assert built == ["migrate"], "each of several builds makes an image of its own"


def test_the_number_of_workers_outlives_the_next_start():
    assert SERVICES["worker"]["scale"] == "${WORKERS:-1}"
    assert SERVICES["maintenance"]["scale"] == 1
    for name in set(SERVICES) - {"db", "redis"}:
        assert SERVICES[name]["environment"]["WORKERS"] == "", "a change of it would restart all"
    for file in DOCUMENTS:
        assert not re.search(r"docker compose [^`\n]*--scale", file.read_text()), file


def test_backup_and_restore_name_the_account_and_the_directory_of_the_compose_file():
    for block in (documented("docker-backup"), documented("docker-restore")):
        [account] = set(re.findall(r"--username=(\S+)", block))
        assert account == SERVICES["db"]["environment"]["POSTGRES_USER"]
        [directory] = set(re.findall(r"--directory=(\S+)", block))
        assert directory == SERVICES["web"]["environment"]["FILES_DIR"]


def test_the_secrets_that_the_guide_makes_are_read_and_accepted(tmp_path):
    [loop] = re.findall(r"^install .*?^done\n", documented("docker"), re.DOTALL | re.MULTILINE)
    subprocess.run(["sh", "-euc", loop], cwd=tmp_path, check=True)
    made = {file.name: file.read_text().strip() for file in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert len(set(made.values())) == len(made)
    given = {
        "SECRET_KEY": "",
        "SECRET_KEY_FILE": str(tmp_path / "secrets/secret_key"),
        "DATABASE_URL": SERVICES["web"]["environment"]["DATABASE_URL"],
        "DATABASE_PASSWORD": made["database_password"],
        "REDIS_URL": SERVICES["web"]["environment"]["REDIS_URL"],
        "REDIS_PASSWORD": made["redis_password"],
        "FILES_DIR": str(tmp_path),
        "STATIC_ROOT": "",
        "ALLOWED_HOSTS": "backoffice.example.com",
    }
    done = run("python", "manage.py", "check", "--deploy", "--fail-level=WARNING", **given)
    assert done.returncode == 0, done.stderr
