"""The examples that make files: a long statement, and images that a program draws."""

import contextlib
import csv
import io
import struct
import subprocess
import sys
import zlib
from zipfile import ZipFile

import psycopg2
import pytest
from catalog import barcode
from catalog.job_types.print_labels import PROGRAM
from catalog.models import Product
from django.db import connection

from jobs import services
from jobs.errors import NotPermitted
from jobs.models import Status
from jobs.testing import run_type
from tests.guide.fixtures import EANS
from tests.guide.launched import completed, content, ended, launch, running, sell
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

# A long statement, whose rows are streamed into a file.


def test_sales_of_a_year_are_exported(worker, supplier, buyer):
    first, second, _ = Product.objects.order_by("ean")
    Product.objects.filter(pk=second.pk).update(name="=cmd()")
    for day, pieces in (("2025-12-31T23:59", 9), ("2026-01-01", 1), ("2026-12-31T23:59", 2)):
        sell(first, day, pieces)
    sell(second, "2026-06-01", 3, "1.50")
    sell(second, "2027-01-01", 9)
    job = launch(buyer, "export_sales", year=2026)
    assert completed(job) == {"products": 2}
    rows = list(csv.reader(io.StringIO(content(job).decode("utf-8-sig"))))
    assert rows == [
        ["ean", "product", "pieces", "amount"],
        [first.ean, first.name, "3", "6.00"],
        [second.ean, "'=cmd()", "3", "4.50"],
    ]


def test_an_export_that_waits_for_the_database_ends_at_a_cancel(worker, supplier, buyer):
    with locked("catalog_sale"):
        job = launch(buyer, "export_sales", year=2026)
        running(job)
        services.cancel(services.code_caller(buyer), job.pk)
        assert ended(job, 10).status == Status.CANCELLED
    assert not job.files.exists()


@contextlib.contextmanager
def locked(table):
    """A lock of another session, for which every statement about the table waits."""
    other = psycopg2.connect(**connection.get_connection_params())
    try:
        other.cursor().execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other.close()


def test_who_may_not_see_sales_exports_none(redis, supplier):
    with pytest.raises(NotPermitted, match=r"catalog\.view_sale"):
        launch(make_user("jobs.add_job"), "export_sales", year=2026)


# Images that a program makes.


def test_labels_are_drawn_by_a_program(worker, supplier, buyer):
    keys = list(Product.objects.values_list("pk", flat=True))
    job = launch(buyer, "print_labels", products=keys, height=20)
    result = completed(job)
    assert result["labels"] == 3
    with ZipFile(io.BytesIO(content(job))) as labels:
        assert sorted(labels.namelist()) == sorted(f"{ean}.png" for ean in EANS)
        images = [labels.read(f"{ean}.png") for ean in EANS]
    assert result["image_bytes"] == sum(map(len, images))
    assert [read_bars(image) for image in images] == [(20, barcode.bars(ean)) for ean in EANS]


def read_bars(image):
    """The height of a PNG image, and the bars of its last line."""
    width, height = struct.unpack(">II", image[16:24])
    [data] = [image[41:-16]]  # after signature, IHDR and the head of IDAT; before its CRC and IEND
    lines = zlib.decompress(data)
    assert len(lines) == height * (width + 1)
    line = lines[-width :: barcode.SCALE]
    return height, "".join("0" if grey else "1" for grey in line)


def test_the_bars_are_those_of_the_standard():
    left = "0001101 0100111 0101111 0111101 0001001 0110011"
    right = "1000010 1000010 1000010 1110100 1000010 1100110"
    found = barcode.bars(EANS[0]).strip("0")
    assert found == f"101{left}01010{right}101".replace(" ", "")


@pytest.mark.parametrize("number", ["", "123", "4006381333932", "٤006381333931", "x006381333931"])
def test_a_number_that_cannot_be_drawn_ends_the_program_with_a_sentence(number):
    done = subprocess.run(
        [sys.executable, PROGRAM, number, "60"], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "13 digits" in done.stderr or "does not fit" in done.stderr


def test_a_product_with_a_wrong_number_fails_the_job(worker, supplier, buyer):
    wrong = Product.objects.create(ean="4006381333932", name="Wrong", supplier=supplier)
    job = ended(launch(buyer, "print_labels", products=[wrong.pk]))
    assert (job.status, job.error_type) == (Status.FAILED, "CalledProcessError")
    assert not job.files.exists()


def test_a_type_is_tested_without_worker_and_partner(supplier, buyer):
    run = run_type("export_sales", {"year": 2026}, user=buyer)
    assert run.result == {"products": 0}
    assert run.files["sales-2026.csv"].read_text().startswith("\ufeffean,product")
