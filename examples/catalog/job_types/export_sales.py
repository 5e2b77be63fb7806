"""The job type "Export sales": one long statement, whose rows go to a CSV file as they come."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.db.models import F, Sum

from catalog.models import Sale
from jobs.handler.context import JobContext
from jobs.handler.sheets import CSV_TYPE, Column, Kind, write_csv
from jobs.registry import job_type

COLUMNS = (
    Column("ean", "EAN"),
    Column("product", "Product"),
    Column("pieces", "Pieces", Kind.NUMBER),
    Column("amount", "Amount", Kind.NUMBER),
)


class ExportSalesForm(forms.Form):
    """A year."""

    year = forms.IntegerField(min_value=2000, max_value=2100)


@job_type(
    slug="export_sales",
    label="Export sales",
    description="Pieces and amount of each product that was sold in a year, as a CSV file.",
    form=ExportSalesForm,
    permission="catalog.view_sale",
    max_attempts=2,
    time_limit=2 * 3600,
)
def run(job: JobContext, year: int) -> dict[str, Any]:
    """Write the products in the order of their numbers."""
    sales = Sale.objects.between(date(year, 1, 1), date(year + 1, 1, 1))
    rows = sales.values_list("product__ean", "product__name").annotate(
        sold=Sum("pieces"), amount=Sum(F("pieces") * F("price"))
    )
    job.log("The database adds up the sales. The first row may take minutes.")
    with job.save_file(f"sales-{year}.csv", CSV_TYPE) as file, job.sql():
        counter = _Counted(job, rows.order_by("product__ean").iterator(chunk_size=2000))
        write_csv(file, COLUMNS, counter)
    return {"products": counter.count}


class _Counted:
    """The rows, each reported as progress. How many will come is not known."""

    def __init__(self, job: JobContext, rows: Iterator[Any]) -> None:
        self.count = 0
        self._job, self._rows = job, rows

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            self.count += 1
            self._job.progress(self.count, 0, unit="products")
            yield row
