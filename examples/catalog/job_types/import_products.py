"""The job type "Import products": reads a CSV file of any size, a thousand lines at a time."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator

from catalog.job_types.fetch_prices import FetchPricesForm
from catalog.models import Product, Supplier
from jobs.handler.context import JobContext
from jobs.registry import job_type
from jobs.uploads import UploadFile

COLUMNS = {"ean", "name", "price"}
LINES_AT_ONCE = 1000
LOGGED_LIMIT = 100


class ImportProductsForm(FetchPricesForm):
    """A supplier of the user, and the file that it sent."""

    file = forms.FileField(
        validators=[FileExtensionValidator(["csv"])],
        help_text="CSV in UTF-8; the first line names the columns ean, name and price.",
    )

    def clean_file(self) -> Any:
        """Refuse a file without the columns at the launch, before a job waits for it."""
        file = self.cleaned_data["file"]
        file.open()
        first = file.readline(1000).decode("utf-8-sig", errors="replace")
        missing = COLUMNS - set(next(csv.reader([first]), []))
        if missing:
            raise forms.ValidationError(f"The first line lacks: {', '.join(sorted(missing))}.")
        return file


@job_type(
    slug="import_products",
    label="Import products",
    description="Adds the products of a CSV file to a supplier, or changes their names and prices.",
    form=ImportProductsForm,
    permission="catalog.change_product",
    upload_limit=200 * 1024**2,
    max_attempts=3,
    time_limit=3600,
)
def run(job: JobContext, supplier: Supplier, file: UploadFile) -> dict[str, Any]:
    """Store what is right, and log what is wrong; the same lines again change nothing."""
    stored = wrong = 0
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        lines = enumerate(csv.DictReader(text), start=2)
        while batch := list(islice(lines, LINES_AT_ONCE)):
            products, faults = _read(supplier, batch)
            for fault in faults[: max(0, LOGGED_LIMIT - wrong)]:
                job.log(fault, "WARNING")
            _store(products)
            stored, wrong = stored + len(products), wrong + len(faults)
            job.progress(file.tell(), file.size, f"{stored:,} products")
    return {"stored": stored, "wrong": wrong}


def _read(
    supplier: Supplier, batch: Iterable[tuple[int, dict[str, Any]]]
) -> tuple[dict[str, Product], list[str]]:
    """The products of some lines by number, the last line of each, and the faults of the others."""
    products, faults = {}, []
    for line, row in batch:
        try:
            product = _product(supplier, row)
        except ValueError as error:
            faults.append(f"Line {line}: {error}")
        else:
            products[product.ean] = product
    others = Product.objects.filter(ean__in=products).exclude(supplier=supplier)
    for ean in others.values_list("ean", flat=True):
        del products[ean]
        faults.append(f"{ean}: this number belongs to another supplier.")
    return products, faults


def _product(supplier: Supplier, row: dict[str, Any]) -> Product:
    """The product of a line, not yet stored. Raises: ValueError."""
    ean, name, price = ((row[column] or "").strip() for column in ("ean", "name", "price"))
    if len(ean) != 13 or not (ean.isascii() and ean.isdigit()):
        raise ValueError(f"{ean[:20]!r} has not 13 digits.")
    if not 0 < len(name) <= 200 or "\0" in name:
        raise ValueError("The name must have 1 to 200 characters.")
    try:
        amount = round(Decimal(price), 2)
    except InvalidOperation:
        amount = None
    if amount is None or not 0 <= amount < 10**8:
        raise ValueError(f"{price[:20]!r} is no price.")
    return Product(ean=ean, name=name, price=amount, supplier=supplier)


def _store(products: dict[str, Product]) -> None:
    Product.objects.bulk_create(
        products.values(),
        update_conflicts=True,
        unique_fields=["ean"],
        update_fields=["name", "price"],
    )
