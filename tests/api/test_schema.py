"""Answers have the headers and error codes that the schema names."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from rest_framework import exceptions

from jobs.api.schema.codes import CODES
from jobs.errors import Invalid, Refused, Unavailable
from jobs.models import Job
from tests.api.test_rights import ADDRESSES, API, BODIES, UPLOAD, content, full_job
from tests.support.factories import make_job

# Headers about one answer; others (Vary, Allow, X-Request-ID ...) are sent by the whole site.
DESCRIBED = {
    "Retry-After",
    "WWW-Authenticate",
    "ETag",
    "Location",
    "Idempotency-Replayed",
    "Content-Disposition",
    "Accept-Ranges",
    "Content-Range",
}


@pytest.fixture
def paths(client):
    return client.get(f"{API}schema/").json()["paths"]


def path_of(address):
    named = {
        "jobs/{id}/files/secret.txt": "jobs/{id}/files/{name}",
        "job-types/quick/": "job-types/{type}/",
        "limits/quick/": "limits/{type}/",
        "holds/7/": "holds/{id}/",
        "holds/7/release/": "holds/{id}/release/",
        "workers/w/drain/": "workers/{id}/drain/",
        "workers/w/resume/": "workers/{id}/resume/",
        f"jobs/{{id}}/uploads/{UPLOAD}/content": "jobs/{id}/uploads/{upload_id}/content",
        f"uploads/{UPLOAD}/": "uploads/{id}/",
        f"uploads/{UPLOAD}/content": "uploads/{id}/content",
    }
    return API + named.get(address, address)


def assert_as_described(answer, operation):
    content(answer)
    described = operation["responses"][str(answer.status_code)].get("headers", {})
    assert {name for name in DESCRIBED if name in answer} <= set(described)
    for name, header in described.items():
        assert not header.get("required") or name in answer, name


POSTED = (
    *("jobs/batch/", "jobs/{id}/cancel/", "jobs/{id}/rerun/", "jobs/{id}/acknowledge/"),
    *("uploads/", "holds/7/release/", "workers/w/drain/", "workers/w/resume/"),
)
NOT_READ = {"schema/", "docs/", "nothing/", "limits/quick/", *POSTED}
CALLS = [
    *((one, "get") for one in set(ADDRESSES.values()) - NOT_READ),
    *((one, "post") for one in ("jobs/", "holds/", *POSTED)),
    ("jobs/{id}/", "delete"),
    ("limits/quick/", "put"),
    ("limits/quick/", "delete"),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "COMPLETED", "CANCELLED"])
@pytest.mark.parametrize(("address", "method"), sorted(CALLS))
def test_every_answer_has_the_headers_that_the_schema_names(
    make_client, paths, address, method, status
):
    operation = paths[path_of(address)][method]
    caller = make_client("jobs.add_job", "jobs.delete_job", "jobs.cancel_job")
    job = full_job(caller.user, status=status)
    body = BODIES.get(address, {}) if method == "post" else None
    path = API + address.format(id=job.id)
    assert_as_described(getattr(caller, method)(path, body, format="json"), operation)
    assert_as_described(
        getattr(make_client("jobs.add_job"), method)(path, body, format="json"), operation
    )
    caller.credentials()
    assert_as_described(getattr(caller, method)(path, body, format="json"), operation)


@pytest.mark.usefixtures("quick")
def test_special_answers_have_the_headers_that_the_schema_names(
    client, paths, settings, broker_away
):
    done, waits = (make_job(created_by=client.user, status=one) for one in ("COMPLETED", "PENDING"))
    job, file = paths[path_of("jobs/{id}/")]["get"], paths[path_of("jobs/{id}/files/{name}")]["get"]
    for one in (done, waits):
        known = client.get(f"{API}jobs/{one.id}/")["ETag"]
        answer = client.get(f"{API}jobs/{one.id}/", headers={"If-None-Match": known})
        assert answer.status_code == 304
        assert_as_described(answer, job)
        assert ("Retry-After" in answer) == (one is waits)
    address = f"{API}jobs/{full_job(client.user).id}/files/secret.txt"
    for headers, status in (
        ({"Range": "bytes=0-1"}, 206),
        ({"Range": "bytes=99-"}, 416),
        ({"If-Match": '"x"'}, 412),
        ({"If-None-Match": "*"}, 304),
    ):
        answer = client.get(address, headers=headers)
        assert answer.status_code == status
        assert_as_described(answer, file)
    for address in ("jobs/", "jobs/batch/"):
        answer = client.post(API + address, BODIES[address], format="json")
        assert answer.status_code == 503
        assert_as_described(answer, paths[API + address]["post"])
    settings.API_REQUESTS_PER_MINUTE = 1
    answers = [client.get(f"{API}jobs/") for _ in range(3)]
    assert answers[-1].status_code == 429
    assert_as_described(answers[-1], paths[f"{API}jobs/"]["get"])


@pytest.mark.usefixtures("quick")
def test_a_replay_has_the_headers_that_the_schema_names(client, paths):
    for address in ("jobs/", "jobs/batch/"):
        for again in (False, True):
            answer = client.post(
                API + address, BODIES[address], format="json", headers={"Idempotency-Key": address}
            )
            assert answer.status_code == 201
            assert answer["Retry-After"]
            assert ("Idempotency-Replayed" in answer) == again
            assert_as_described(answer, paths[API + address]["post"])
            Job.objects.update(status="CANCELLED", finished_at="2026-11-22T00:00:00Z")


# The position of the code among the arguments of each function.
PLACES = {"Problem": 1, "DownloadRefused": 1, "UploadRefused": 1, "error_response": 2}
FRAMEWORK = (
    exceptions.ParseError,
    exceptions.AuthenticationFailed,
    exceptions.NotAuthenticated,
    exceptions.PermissionDenied,
    exceptions.NotFound,
    exceptions.MethodNotAllowed,
    exceptions.NotAcceptable,
    exceptions.UnsupportedMediaType,
    exceptions.Throttled,
)
ADMIN_ONLY = {"locked_out", "partly_done"}


def codes_in(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in PLACES
        ):
            place = PLACES[node.func.id]
            if place < len(node.args) and isinstance(node.args[place], ast.Constant):
                yield node.args[place].value


def codes_of(kind):
    """The codes of a kind of error and of its subclasses; those of Invalid are only in `errors`."""
    if kind is Invalid:
        return set()
    own = set() if kind is Unavailable else {kind.code}
    return own.union(*map(codes_of, kind.__subclasses__()))


def test_the_enum_of_codes_is_what_problems_can_have():
    base = Path(settings.BASE_DIR)
    files = [
        *base.glob("jobs/api/**/*.py"),
        *base.glob("backoffice/*.py"),
        *base.glob("jobs/services/uploads/*.py"),
        base / "jobs/download.py",
    ]
    found = {code for path in files for code in codes_in(path)} - ADMIN_ONLY
    found |= (codes_of(Refused) | codes_of(Unavailable)) - ADMIN_ONLY
    assert found | {one.default_code for one in FRAMEWORK} == set(CODES)


def test_the_schema_lists_the_codes(client):
    schemas = client.get(f"{API}schema/").json()["components"]["schemas"]
    assert schemas["ProblemCode"]["enum"] == [*CODES]
    assert schemas["Problem"]["properties"]["code"] == {"$ref": "#/components/schemas/ProblemCode"}
    assert "worker_lost" in schemas["JobErrorCode"]["enum"]


def test_the_document_explains_every_code_that_the_schema_lists():
    document = (Path(settings.BASE_DIR) / "docs/api.md").read_text()
    assert not [code for code in CODES if f"`{code}`" not in document]
