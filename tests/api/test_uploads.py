"""Files sent in through the API: raw and multipart, checked, and seen by their owner alone."""

import base64
import hashlib
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from jobs import storage
from jobs.api.schema.codes import CODES
from jobs.models import Job, Upload
from tests.support import people
from tests.support.uploads import ROWS, OneFile, make_upload, read_files

UPLOADS = "/api/v1/uploads/"
SHA256 = hashlib.sha256(ROWS).hexdigest()
DIGEST = f"sha-256=:{base64.b64encode(hashlib.sha256(ROWS).digest()).decode()}:"

pytestmark = pytest.mark.usefixtures("own_files")


def send(client, content=ROWS, query="?name=rows.csv", kind="text/csv", **headers):
    return client.generic("POST", UPLOADS + query, content, content_type=kind, headers=headers)


def send_part(client, query="", **parts):
    return client.post(UPLOADS + query, parts, format="multipart")


def part(content=ROWS, name="rows.csv"):
    return SimpleUploadedFile(name, content, content_type="text/csv")


def test_the_pointer_to_a_part_is_escaped(client):
    answer = send_part(client, file=part(), **{"a/~b": part()})
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/a~1~0b"]


@pytest.mark.parametrize("kind", ["text/csv", "application/json", "multipart"])
def test_a_file_is_kept_and_its_hash_answered(client, kind):
    answer = send_part(client, file=part()) if kind == "multipart" else send(client, kind=kind)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["name"], body["size"], body["sha256"]) == ("rows.csv", len(ROWS), SHA256)
    assert answer["Location"] == body["url"]
    assert client.get(body["url"]).json() == body
    content = client.get(body["content_url"])
    assert b"".join(content.streaming_content) == ROWS
    assert content["Content-Disposition"] == 'attachment; filename="rows.csv"'
    assert content["X-Content-Type-Options"] == "nosniff"


def test_its_id_is_the_parameter_of_a_job_which_shows_it(client, make_client, make_type):
    make_type(read_files, slug="reader", label="Reader", form=OneFile)
    sent = send(client).json()
    body = {"type": "reader", "params": {"file": sent["id"]}}
    job = client.post("/api/v1/jobs/", body, format="json").json()
    [listed] = client.get(f"{job['url']}uploads/").json()["results"]
    assert (listed["params"], listed["id"], listed["expires_at"]) == (["file"], sent["id"], None)
    viewer, other = make_client(user=people.viewer()), make_client("jobs.add_job")
    assert viewer.get(f"{job['url']}uploads/").json()["results"]
    assert b"".join(viewer.get(listed["content_url"]).streaming_content) == ROWS
    assert viewer.get(sent["url"]).status_code == 404, "uploads/ is their owner's alone"
    for address in (f"{job['url']}uploads/", listed["content_url"], sent["url"]):
        assert other.get(address).status_code == 404
    refused = client.delete(sent["url"])
    assert (refused.status_code, refused.json()["code"]) == (409, "upload_in_use")
    used = other.post("/api/v1/jobs/", body, format="json").json()
    body["params"]["file"] = str(uuid4())
    assert used["errors"] == other.post("/api/v1/jobs/", body, format="json").json()["errors"]
    assert used["errors"][0]["code"] == "unknown_upload"


def test_an_upload_is_deleted_once(client):
    sent = send(client).json()
    assert client.delete(sent["url"]).status_code == 204
    assert client.delete(sent["url"]).status_code == 404
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        (f"&sha256={SHA256.upper()}&size={len(ROWS)}", {}),
        ("", {"Repr-Digest": DIGEST}),
        ("", {"Content-Digest": f"sha-512=:AA==:, {DIGEST}"}),
    ],
)
def test_the_expected_hash_and_size_are_compared(client, query, headers):
    assert send(client, query=f"?name=a{query}", **headers).status_code == 201
    for content in (ROWS + b"x", ROWS[:-1] + b"x"):
        answer = send(client, content, query=f"?name=a{query}", **headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "content_mismatch")
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "headers", "place"),
    [
        ("", {}, "name"),
        ("?name=a&sha256=abc", {}, "sha256"),
        ("?name=a&size=-1", {}, "size"),
        ("?name=a&size=%C2%B2", {}, "size"),
        ("?name=a&type=none", {}, "type"),
        ("?name=a&x=1", {}, "x"),
        ("?name=a", {"Repr-Digest": "md5=:AA==:"}, "Repr-Digest"),
        ("?name=a", {"Content-Digest": "sha-256=:AA==:"}, "Content-Digest"),
        (f"?name=a&sha256={'0' * 64}", {"Repr-Digest": DIGEST}, "Repr-Digest"),
        ("?name=a", {"Idempotency-Key": "a b"}, "Idempotency-Key"),
        ("", {"Content-Disposition": "a; filename*=unknown''b"}, "Content-Disposition"),
    ],
)
def test_a_wrong_request_names_its_fault(client, query, headers, place):
    answer = send(client, query=query, **headers)
    assert answer.status_code == 400, answer.content
    [error] = answer.json()["errors"]
    assert place in error.values()
    assert not Upload.objects.exists()


def test_a_multipart_body_has_one_file_and_nothing_else(client):
    for parts in ({}, {"other": part()}, {"file": "text"}, {"file": part(), "more": "x"}):
        answer = send_part(client, **parts)
        assert answer.status_code == 400, answer.content
    answer = send(client, b"--x", query="", kind="multipart/form-data; boundary=")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    digest = client.post(UPLOADS, {"file": part()}, format="multipart", HTTP_REPR_DIGEST=DIGEST)
    assert "?sha256=" in digest.json()["errors"][0]["detail"]
    assert not Upload.objects.exists()


def test_limits_and_kinds_of_site_and_type_are_named(client, settings, make_type):
    make_type(slug="small", label="Small", upload_limit=5, upload_kinds=(".txt",))
    settings.UPLOAD_LIMIT_BYTES, settings.UPLOAD_REFUSED_KINDS = 30, [".exe"]
    for query, content, status, code, words in (
        ("?name=a.csv", b"x" * 31, 413, "too_large", "30 bytes"),
        ("?name=a.exe", b"x", 415, "file_kind_refused", ".exe"),
        ("?name=a.txt&type=small", b"x" * 6, 413, "too_large", "5 bytes"),
        ("?name=a.csv&type=small", b"x", 415, "file_kind_refused", "Send .txt."),
    ):
        answer = send(client, content, query)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert words in answer.json()["detail"]
    assert send_part(client, file=part(b"x" * 31)).status_code == 413
    encoded = send(client, **{"Content-Encoding": "gzip"})
    assert (encoded.status_code, encoded.json()["code"]) == (415, "unsupported_media_type")
    chunked = send(client, HTTP_TRANSFER_ENCODING="chunked", **{"Transfer-Encoding": "chunked"})
    assert chunked.status_code == 411
    assert not Upload.objects.exists()


def test_a_storage_that_is_not_mounted_is_a_503_that_names_it(client, own_files):
    make_upload()
    storage.tie("default")
    own_files.rename(own_files.with_name("elsewhere"))
    for answer in (send(client), send_part(client, file=part())):
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert "is it mounted?" in answer.json()["detail"]


@pytest.mark.parametrize("beside", [{}, {"file": part()}])
def test_a_part_without_a_file_name_is_refused_with_its_reason(client, beside):
    body = {"file": ["a,b", *beside.values()]}
    answer = client.post(UPLOADS, body, format="multipart")
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (400, "/file")
    assert "Send it with a filename" in error["detail"]


def test_a_multipart_body_of_too_many_parts_is_a_problem(client):
    for parts in ({f"file{number}": part() for number in range(200)}, {"file": [part()] * 200}):
        answer = send_part(client, **parts)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
        assert answer.json()["code"] in CODES
    assert not Upload.objects.exists()


def test_who_keeps_too_many_bytes_is_refused_before_the_body_is_read(client, settings):
    settings.UPLOAD_UNUSED_LIMIT_BYTES = len(ROWS)
    key = {"Idempotency-Key": "k"}
    first = send(client, **key)
    for answer in (send(client), send_part(client, file=part())):
        assert (answer.status_code, answer.json()["code"]) == (409, "too_many_uploads")
    late = client.generic("POST", f"{UPLOADS}?name=a", b"", CONTENT_LENGTH="30")
    assert late.json()["code"] == "too_many_uploads", "nothing of the body was there"
    assert send(client, **key).json() == first.json()
    assert Upload.objects.count() == 1


def test_a_repeated_request_keeps_one_upload(client):
    first, again = (send(client, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    other = send(client, b"other", **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Upload.objects.count() == 1


def test_who_may_not_launch_may_not_send(viewer):
    assert send(viewer).status_code == 403
    assert not Upload.objects.exists()


def test_values_of_json_that_are_no_id_are_refused(client, make_type):
    make_type(read_files, slug="reader", label="Reader", form=OneFile)
    make_upload(client.user)
    for value in ("rows.csv", 5, {"id": 1}, [], "data:text/csv;base64,AA=="):
        body = {"type": "reader", "params": {"file": value}}
        answer = client.post("/api/v1/jobs/", body, format="json")
        assert answer.json()["errors"][0]["detail"] == "Must be the id of an upload."
    assert not Job.objects.exists()


def test_the_schema_of_the_type_says_what_the_parameter_is(client, make_type):
    make_type(read_files, slug="reader", label="Reader", form=OneFile)
    schema = client.get("/api/v1/job-types/reader/").json()["params_schema"]
    assert schema["properties"]["file"] == {"title": "", "type": "string", "format": "uuid"} or (
        schema["properties"]["file"]["format"] == "uuid"
    )
    assert schema["required"] == ["file"]
