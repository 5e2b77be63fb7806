"""Dockerfile, docker-compose.yml and .env.example agree with the settings and the documents."""

import contextlib
import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import redis
import yaml
from django.conf import settings

from backoffice.local import binaries
from backoffice.local.processes import free_port
from backoffice.settings import env
from tests.support.polling import wait_until
from tests.support.processes import run

ROOT = settings.BASE_DIR
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES = COMPOSE["services"]
EXAMPLE = (ROOT / ".env.example").read_text()
EXAMPLES = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
# Variables of the images and libraries, and of compose itself.
FOREIGN = {
    "REMAP_SIGTERM",
    "TMPDIR",
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "POSTGRES_INITDB_ARGS",
    "WORKERS",
}


def test_the_compose_file_keeps_to_its_specification():
    schema = files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(schema.read_text()))


def test_the_compose_file_runs_the_whole_product():
    assert set(SERVICES) == {"db", "redis", "migrate", "web", "worker", "maintenance", "upkeep"}


def test_only_the_web_server_is_reached_and_from_this_machine_alone():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["${WEB_ADDRESS:-127.0.0.1:8000}:8000"]}
    assert [SERVICES[name]["networks"] for name in ["db", "redis"]] == [["inside"], ["inside"]]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_hardened(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["init"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["stop_grace_period"] == "40s"
    assert service["restart"] in ("unless-stopped", "on-failure:3")
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


@pytest.mark.parametrize("name", set(SERVICES) - {"migrate", "upkeep"})
def test_every_service_that_is_waited_for_or_scaled_tells_its_health(name):
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_a_limit_of_memory(name):
    assert re.fullmatch(r"\d+[mg]|\$\{WORKER_MEMORY:-\d+g\}", SERVICES[name]["mem_limit"])


def test_postgresql_allows_more_connections_than_the_documented_fleet_opens():
    needed = re.search(r"need (\d+);", (ROOT / "docs/performance.md").read_text())[1]
    name, _, allowed = SERVICES["db"]["command"][-1].partition("=")
    assert name == "max_connections"
    assert int(needed) < int(allowed)


def test_no_secret_stands_in_the_compose_file():
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert not re.search(r"://[^/]*:[^/]*@", value), name
            if re.search("PASSWORD|SECRET", name):
                assert name.endswith("_FILE")
                assert Path(value).name in service["secrets"]


def test_every_volume_and_secret_that_is_used_exists():
    for service in SERVICES.values():
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])
        assert set(service["secrets"]) <= set(COMPOSE["secrets"])


def test_the_database_is_kept_where_the_image_of_postgresql_18_has_it():
    assert SERVICES["db"]["image"] == "postgres:18"
    assert SERVICES["db"]["volumes"] == ["database:/var/lib/postgresql"]
    assert "--builtin-locale=C.UTF-8" in SERVICES["db"]["environment"]["POSTGRES_INITDB_ARGS"]


@pytest.mark.parametrize("name", ["worker", "maintenance"])
def test_workers_stop_softly(name):
    assert SERVICES[name]["environment"]["REMAP_SIGTERM"] == "SIGQUIT"


def test_bulk_actions_have_a_worker_of_their_own():
    assert "--queues=maintenance" in SERVICES["maintenance"]["command"]
    assert not any("queues" in option for option in SERVICES["worker"]["command"])


def test_files_are_shared_by_all_that_write_or_send_them():
    for name in ["web", "worker", "maintenance", "upkeep"]:
        directory = SERVICES[name]["environment"]["FILES_DIR"]
        assert f"files:{directory}" in SERVICES[name]["volumes"]


@pytest.mark.parametrize("name", ["web", "worker", "maintenance"])
def test_uploads_and_large_reports_are_written_to_a_disk(name):
    directory = SERVICES[name]["environment"]["TMPDIR"]
    assert f"scratch:{directory}" in SERVICES[name]["volumes"]


def test_the_environment_of_the_compose_file_starts_the_project(tmp_path):
    given = dict(line.split("=", 1) for line in EXAMPLE.splitlines() if re.match("[A-Z]", line))
    fixed = dict(SERVICES["web"]["environment"])
    for name in [name for name in fixed if name.endswith("_FILE")]:
        fixed[name] = str(tmp_path / name)
        (tmp_path / name).write_text("0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMN\n")
    nothing = dict.fromkeys(["SECRET_KEY", "STATIC_ROOT"], "")
    done = run(
        "python",
        "manage.py",
        "check",
        "--deploy",
        "--fail-level=WARNING",
        **nothing | given | fixed,
    )
    assert done.returncode == 0, done.stderr


def test_every_variable_of_the_compose_file_is_known():
    used = {
        name.removesuffix("_FILE")
        for service in SERVICES.values()
        for name in service.get("environment", {})
    }
    assert used - FOREIGN <= set(env.defaults)
    assert set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE_TEXT)) == set(EXAMPLES) - set(env.defaults)


def test_the_example_names_every_setting_and_nothing_else():
    of_compose = {"WEB_ADDRESS", "SECRETS_DIR", "IMAGE_EXTRAS", "WORKERS", "WORKER_MEMORY"}
    assert set(EXAMPLES) == set(env.defaults) | of_compose


def test_the_example_shows_the_defaults():
    shown = {name: EXAMPLES[name] for name, default in env.defaults.items() if default}
    shown |= {"TRUSTED_PROXY_COUNT": "0"}  # the example is for a site behind one proxy
    defaults = {
        name: default.removeprefix(f"{ROOT}/") for name, default in env.defaults.items() if default
    }
    assert shown == defaults


def test_the_guide_for_operators_explains_every_setting():
    explained = re.findall(
        r"^\| `([A-Z_]+)`", (ROOT / "docs/operations.md").read_text(), re.MULTILINE
    )
    assert sorted(explained) == sorted(EXAMPLES)


def test_gunicorn_takes_its_configuration():
    done = run("gunicorn", "--check-config", "--config=python:backoffice.gunicorn")
    assert (done.returncode, done.stderr) == (0, "")


def test_redis_as_composed_wants_its_password_and_evicts_nothing(tmp_path):
    (tmp_path / "password").write_text("pass-word\n")
    port, script = free_port(), SERVICES["redis"]["command"][2].replace("$$", "$")
    script = script.replace("/run/secrets/redis_password", str(tmp_path / "password"))
    script = script.replace("dir /data", f"dir {tmp_path}\nport {port}\nbind 127.0.0.1")
    path = {"PATH": f"{binaries.redis().parent}:/usr/bin:/bin"}
    with subprocess.Popen(["sh", "-c", script], env=path, stdout=subprocess.DEVNULL) as server:
        try:
            with contextlib.closing(redis.Redis(port=port, password="pass-word")) as client:
                wait_until(lambda: answers(client))
                assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
                assert client.config_get("append*")["appendonly"] == "yes"
            stranger = redis.Redis(port=port)
            with contextlib.closing(stranger), pytest.raises(redis.AuthenticationError):
                stranger.ping()
        finally:
            server.terminate()


def answers(client):
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_image_installs_locked_packages_alone_and_runs_without_root():
    flags = "--no-cache-dir --only-binary=:all: --no-deps --require-hashes"
    assert f"pip install {flags} -r requirements.txt" in DOCKERFILE
    assert "pip check" in DOCKERFILE
    user = DOCKERFILE.rindex("\nUSER 10001:10001\n")
    assert "useradd --uid 10001" in DOCKERFILE[:user]
    assert user > DOCKERFILE.rindex("\nRUN ")
    assert user > DOCKERFILE.rindex("\nCOPY ")


@pytest.mark.parametrize("uv", ["", "uv"])
def test_both_installers_take_the_locks_as_complete_and_check_them(uv):
    command = ["make", "--dry-run", "--always-make", f"UV={uv}", ".venv/dev"]
    lines = subprocess.check_output(command, cwd=ROOT, text=True).splitlines()
    installs = [line for line in lines if " install " in line and "--require-hashes" in line]
    assert len(installs) == 2  # requirements.txt, requirements-dev.txt
    assert all("--no-deps" in line for line in installs)
    assert sum(" check" in line and "pip" in line for line in lines) == 2


def test_the_image_takes_only_what_runs():
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    allowed = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    assert sorted(copied) == sorted(allowed)
    assert all((ROOT / path).exists() for path in copied)


def test_the_image_collects_its_static_files_as_its_dockerfile_says(tmp_path):
    command = re.search(
        r"^RUN (SECRET_KEY=.*?collectstatic --noinput)$", DOCKERFILE, re.MULTILINE | re.DOTALL
    )
    required = [name for name, default in env.defaults.items() if default is None]
    done = run("sh", "-c", command[1], **dict.fromkeys(required, ""), STATIC_ROOT=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "staticfiles.json").exists()
