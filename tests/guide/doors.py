"""The example that reads a file, through both doors of a real site: content, rights, memory."""

import hashlib
import json
import secrets
import sys

import pytest
from django.conf import settings
from django.test import Client

from benchmarks.harness.process_tree import pids
from jobs.models import ApiToken, Job
from tests.guide.fixtures import site
from tests.guide.launched import completed, log_of
from tests.support import people
from tests.support.memory import PeakMemory
from tests.support.processes import serving
from tests.support.sending import get, send_file, send_form

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

GROWTH_MB = 30
LARGE_BYTES = 200 * 1024**2  # the most that the example takes
UPLOADS, LAUNCH = "/api/v1/uploads/", "/admin/jobs/job/launch/import_products/"
HEADER = "ean,name,price,remarks\n"
# A large file has few products: the importer ignores most of each line.
REMARKS = "x" * 4000


@pytest.fixture
def web(one_partner, tmp_path):
    """A gunicorn of one process, whose temporary files are on a disk."""
    environment = site(one_partner) | {
        "HTTPS": "false",
        "ALLOWED_HOSTS": "localhost",
        "TRUSTED_PROXY_COUNT": "0",
        "SECRET_KEY": settings.SECRET_KEY,
        "TMPDIR": str(tmp_path),
    }
    with serving(tmp_path, **environment) as running:
        yield running


def program_of(user):
    """The headers of a program with a token of the user."""
    return {"Authorization": f"Token {ApiToken.objects.create(user, name='test')[1]}"}


@pytest.fixture
def by_api(web, importer, supplier):
    """Launches an import of a file that is the body of a request."""
    program = program_of(importer)

    def launch(path):
        address = f"{UPLOADS}?name={path.name}&type=import_products"
        sent = send_file(web.port, address, path, program)
        return submit(web, program, supplier, sent)

    return launch


@pytest.fixture
def by_api_form(web, importer, supplier):
    """Launches an import of a file that is a part of a request."""
    program = program_of(importer)

    def launch(path):
        sent = send_form(web.port, UPLOADS, {}, {"file": path}, program)
        return submit(web, program, supplier, sent)

    return launch


def submit(web, program, supplier, sent):
    assert sent.status == 201, sent.body
    params = {"supplier": supplier.pk, "file": sent.json()["id"]}
    body = json.dumps({"type": "import_products", "params": params})
    kind = {"Host": "localhost", "Content_Type": "application/json"}
    answer = web.ask("/api/v1/jobs/", "POST", body, **kind, **program)
    assert answer.status == 201, answer.text
    return Job.objects.get(pk=json.loads(answer.text)["id"])


@pytest.fixture
def by_admin(web, importer, supplier):
    """Launches an import by the form of the admin."""
    browser, csrf = Client(), secrets.token_hex(16)
    browser.force_login(importer)
    session = browser.session.session_key
    headers = {"Cookie": f"sessionid={session}; csrftoken={csrf}"}
    entries = {"csrfmiddlewaretoken": csrf, "name": "Import", "params-supplier": str(supplier.pk)}

    def launch(path):
        sent = send_form(web.port, LAUNCH, entries, {"params-file": path}, headers)
        assert sent.status == 302, sent.body.decode()
        return Job.objects.get(pk=sent.headers["Location"].split("/")[4])

    return launch


DOORS = ("by_api", "by_api_form", "by_admin")


@pytest.fixture(params=DOORS)
def door(request):
    """Each door in turn."""
    return request.getfixturevalue(request.param)


def write_rows(path, size):
    """Write a file of products, of exactly this many bytes; returns how many and its hash."""
    digest, left, count = hashlib.sha256(), size, 0
    with path.open("w") as file:
        text = HEADER
        while text:
            file.write(text)
            digest.update(text.encode())
            left -= len(text)
            text = f"{count:013},Product {count},1.50,{REMARKS}\n"
            if left < 2 * len(text):
                text = text.rstrip("\n").ljust(left - 1, "x") + "\n" if left else ""
            count += 1
    return count - 1, digest.hexdigest()


def assert_read_by(web, user, addresses, status):
    program = program_of(user)
    for address in addresses:
        assert get(web.port, address, program).status == status, address


def test_200_mb_of_each_door_are_imported_in_constant_memory_and_are_their_users_alone(
    web, worker, door, importer, tmp_path
):
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    count, _ = write_rows(small, 3_000_000)  # Django keeps less than that in memory
    with small.open("a") as file:
        file.write("123,Short,1,\n")
    job = door(small)  # loads what any import needs
    assert completed(job) == {"stored": count, "wrong": 1}
    assert log_of(job) == [f"Line {count + 2}: '123' has not 13 digits."]

    count, sha256 = write_rows(large, LARGE_BYTES)
    memory = {name: PeakMemory(pids(one.pid)) for name, one in (("web", web), ("worker", worker))}
    job = door(large)
    assert completed(job) == {"stored": count, "wrong": 0}
    growth = {name: round(one.growth(), 1) for name, one in memory.items()}
    sys.stderr.write(f"MB more at their peak: {growth}\n")
    assert all(one < GROWTH_MB for one in growth.values()), growth

    upload = job.uploads.get()
    assert (upload.name, upload.size, upload.sha256) == ("large.csv", LARGE_BYTES, sha256)
    own, of_job = f"{UPLOADS}{upload.pk}/", f"/api/v1/jobs/{job.pk}/uploads/"
    addresses = [own, f"{own}content", of_job, f"{of_job}{upload.pk}/content"]
    assert_read_by(web, importer, addresses, 200)
    assert_read_by(web, people.launcher(), addresses, 404)
