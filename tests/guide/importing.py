"""The example that reads a file, imported by a real worker; and objects that are deleted."""

from decimal import Decimal

import pytest
from catalog.models import Product, Supplier
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from jobs.errors import InvalidParams
from jobs.models import Job, Status
from jobs.testing import run_type
from tests.guide.fixtures import EANS
from tests.guide.launched import completed, ended, launch, log_of
from tests.support.uploads import make_upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

NEW = "4012345678901"
LINES = f"""ean,name,price
{EANS[0]},Renamed,2.505
{NEW},"New, with a comma",7
{NEW},New,8.00
123,Short,1
{EANS[1]},,1
{EANS[2]},Dear,1e99
"""


def imported(user, supplier, content):
    upload = make_upload(user, content, "products.csv")
    return launch(user, "import_products", supplier=supplier.pk, file=str(upload.id))


def test_a_file_is_imported_and_its_wrong_lines_are_logged(worker, supplier, importer):
    job = imported(importer, supplier, b"\xef\xbb\xbf" + LINES.encode())
    assert completed(job) == {"stored": 2, "wrong": 3}
    products = dict(supplier.products.values_list("name", "price"))
    assert products["Renamed"] == Decimal("2.50")
    assert products["New"] == Decimal("8.00")
    assert log_of(job) == [
        "Line 5: '123' has not 13 digits.",
        "Line 6: The name must have 1 to 200 characters.",
        "Line 7: '1e99' is no price.",
    ]


@pytest.mark.parametrize("content", [b"ean;name;price\n", b"ean,name\n", b"\xff\xfe\x00", b"\n"])
def test_a_file_without_the_columns_is_refused_at_the_launch(redis, supplier, importer, content):
    with pytest.raises(InvalidParams, match="The first line lacks: "):
        imported(importer, supplier, content)
    assert not Job.objects.exists()


def test_the_same_file_again_changes_nothing(supplier, importer):
    content = f"ean,name,price\n{NEW},New,8\n".encode()
    for _ in range(2):
        file = SimpleUploadedFile("products.csv", content)
        run = run_type("import_products", {"supplier": supplier.pk, "file": file}, user=importer)
        assert run.result == {"stored": 1, "wrong": 0}
    assert Product.objects.filter(ean=NEW).count() == 1


def test_a_number_of_another_supplier_is_left_alone(supplier, importer):
    other = Supplier.objects.create(name="Initech")
    Product.objects.create(ean=NEW, name="Of Initech", supplier=other)
    file = SimpleUploadedFile("products.csv", f"ean,name,price\n{NEW},Taken,8\n".encode())
    run = run_type("import_products", {"supplier": supplier.pk, "file": file}, user=importer)
    assert run.result == {"stored": 0, "wrong": 1}
    assert run.lines[0].message == f"{NEW}: this number belongs to another supplier."
    assert Product.objects.get(ean=NEW).name == "Of Initech"


def test_thousands_of_lines_are_stored_with_progress(supplier, importer):
    lines = "".join(f"{number:013},Product {number},1\n" for number in range(2500))
    file = SimpleUploadedFile("products.csv", f"ean,name,price\n{lines}".encode())
    run = run_type("import_products", {"supplier": supplier.pk, "file": file}, user=importer)
    assert run.result == {"stored": 2500, "wrong": 0}
    assert [message for _, message in run.reported][-1] == "2,500 products"
    assert run.reported[-1][0] == 100


def test_a_file_for_the_supplier_of_somebody_else_is_refused(supplier, importer):
    other = Supplier.objects.create(name="Initech")
    file = SimpleUploadedFile("products.csv", LINES.encode())
    with pytest.raises(InvalidParams, match="not one of the available choices"):
        run_type("import_products", {"supplier": other.pk, "file": file}, user=importer)


def test_a_job_whose_object_is_deleted_while_it_waits_fails_with_a_sentence(
    worker, supplier, buyer
):
    with transaction.atomic():  # its message is published once the supplier is gone
        job = launch(buyer, "fetch_prices", supplier=supplier.pk)
        supplier.delete()
    assert ended(job).status == Status.FAILED
    assert job.error_code == "invalid_params"
    assert job.error_message == (
        "supplier: Select a valid choice. That choice is not one of the available choices."
    )


def test_a_job_about_an_object_that_is_deleted_while_it_waits_runs(worker, supplier, buyer):
    with transaction.atomic():
        job = launch(buyer, "export_sales", about=supplier, year=2026)
        supplier.delete()
    assert completed(job) == {"products": 0}
    assert job.about_name == "Globex"
