"""Clients that are generated from the schema are complete, stable in their names, and work.

The Python client talks to a running server; a program with the TypeScript types is compiled.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.api.clients import types
from tests.api.conftest import running_site

HERE = Path(__file__).parent
TYPESCRIPT = HERE / "typescript"
# Needs npm and its registry: a machine without them skips it. In CI REQUIRE_NODE=1 demands it.
needs_npm = pytest.mark.skipif(
    shutil.which("npm") is None and os.environ.get("REQUIRE_NODE") != "1",
    reason="npm is not installed: the TypeScript types are not checked (REQUIRE_NODE=1 demands it)",
)


@pytest.fixture
def server(transactional_db, tmp_path):
    """A running server and worker that know the job types with hostile names."""
    with running_site(tmp_path, DJANGO_SETTINGS_MODULE="tests.api.clients.settings") as address:
        yield address


@pytest.fixture
def token(make_client):
    return make_client("jobs.add_job", "jobs.view_job").token


@pytest.fixture
def schema(server, token, tmp_path) -> Path:
    """The schema as the server serves it, in a file."""
    asked = urllib.request.Request(
        f"{server}/api/v1/schema/", headers={"Authorization": f"Bearer {token}"}
    )
    path = tmp_path / "schema.json"
    with urllib.request.urlopen(asked, timeout=30) as answer:
        path.write_bytes(answer.read())
    return path


def run(*command: str, cwd: Path, **environment: str) -> str:
    """Run a command; returns what it printed."""
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def generate_python(schema: Path, into: Path) -> set[str]:
    """Generate the package `client`; returns its modules."""
    config = into / "config.yml"
    config.write_text("post_hooks: []\n")
    generate = Path(sys.executable).with_name("openapi-python-client")
    options = ["--meta", "none", "--output-path", "client", "--overwrite", "--fail-on-warning"]
    run(
        str(generate),
        "generate",
        "--path",
        str(schema),
        "--config",
        str(config),
        *options,
        cwd=into,
    )
    return {str(one.relative_to(into / "client")) for one in (into / "client").rglob("*.py")}


def test_the_generated_python_client_submits_follows_and_downloads(server, token, schema, tmp_path):
    modules = generate_python(schema, tmp_path)
    for operation in (
        "submit_job",
        "submit_batch",
        "get_job",
        "download_file",
        "rerun_job",
        "cancel_job",
        "acknowledge_job",
    ):
        assert f"api/jobs/{operation}.py" in modules
    shutil.copy(HERE / "program.py", tmp_path)
    assert run(sys.executable, "program.py", cwd=tmp_path, SERVER=server, TOKEN=token) == "done\n"


@needs_npm
def test_a_program_with_the_generated_typescript_types_compiles(schema, tmp_path):
    project = shutil.copytree(TYPESCRIPT, tmp_path / "typescript")
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=project)
    run("npm", "exec", "--", "openapi-typescript", str(schema), "-o", "schema.ts", cwd=project)
    run("npm", "exec", "--", "tsc", cwd=project)


@pytest.fixture
def document(client):
    """Get the schema as the API serves it now."""

    def document():
        return client.get("/api/v1/schema/").json()

    return document


@pytest.fixture
def register(make_type):
    """Register the hostile types for one test, except those left out."""

    def register(*, without=()):
        for slug, label in types.NAMES.items():
            if slug not in without:
                make_type(types.run, slug=slug, label=label, form=types.Params)

    return register


def test_a_new_type_changes_no_name_and_no_class_of_a_client(
    document, register, make_type, tmp_path
):
    register(without=["file", "a_b", "report2"])
    before = document()["components"]["schemas"]
    made = {}
    for step in ("before", "after"):
        place = tmp_path / step
        place.mkdir()
        (place / "schema.json").write_text(json.dumps(document()))
        made[step] = generate_python(place / "schema.json", place)
        for slug in ("file", "a_b", "report2"):
            if step == "before":
                make_type(types.run, slug=slug, label=types.NAMES[slug], form=types.Params)
    after = document()["components"]["schemas"]
    assert made["before"] < made["after"]
    grown = {"SubmitByType", "Type_report_Params"}  # they list the types
    assert {name: after.get(name) for name in before if name not in grown} == {
        name: schema for name, schema in before.items() if name not in grown
    }


def test_a_label_names_nothing(document, register, make_type):
    register(without=["file"])
    make_type(types.run, slug="file", label="Batch", form=types.Params)
    named = document()
    assert "title" not in json.dumps(named["components"]["schemas"]["Type_file_Params"])
    labels = ["Import customers", "A b", "L" * 200, types.NAMES["quoted"], types.NAMES["emoji"]]
    assert not set(labels) & set(named["components"]["schemas"])
    assert "Batch" in named["components"]["schemas"]["Type_file_Submit"]["description"]


def test_each_type_is_a_member_of_the_discriminated_union(document, register):
    register()
    schemas = document()["components"]["schemas"]
    union = schemas["SubmitByType"]
    assert union["discriminator"]["propertyName"] == "type"
    assert {one["$ref"] for one in union["oneOf"]} == set(
        union["discriminator"]["mapping"].values()
    )
    for slug in types.NAMES:
        member = schemas[union["discriminator"]["mapping"][slug].rsplit("/", 1)[1]]
        assert member["properties"]["type"]["const"] == slug
        assert "type" in member["required"]
        assert member["additionalProperties"] is False


OPTIONAL = {
    "Problem": {"id"},
    "ProblemError": {"pointer", "parameter", "header"},
    "JobPage": {"count", "count_capped"},
}


def test_what_an_answer_always_has_is_required(document):
    schemas = document()["components"]["schemas"]
    asked = {"SubmitByName", "SubmitByType", "Submit", "Batch", "Acknowledge", "Cancel", "Rerun"}
    asked |= {"PlaceHold", "ChangeHold", "SetLimit", "Drain", "Nothing"}
    for name, schema in schemas.items():
        if name in asked or name.startswith("Type_") or "properties" not in schema:
            continue
        optional = set(schema["properties"]) - set(schema["required"])
        assert optional <= OPTIONAL.get(name, set()), name


def test_the_schema_names_its_server_and_the_bytes_of_a_download(document):
    found = document()
    assert found["servers"] == [{"url": "http://testserver"}]
    download = found["paths"]["/api/v1/jobs/{id}/files/{name}"]["get"]["responses"]
    for status in ("200", "206"):
        content = download[status]["content"]
        assert next(iter(content)) == "application/octet-stream"
        assert content["application/octet-stream"]["schema"] == {
            "type": "string",
            "format": "binary",
        }
