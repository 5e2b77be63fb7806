"""The job type "Print labels": a program draws the barcode of each product, as a PNG image."""

import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django import forms

import catalog
from catalog.models import Product
from jobs.handler.context import JobContext
from jobs.registry import job_type

PROGRAM = Path(catalog.__file__).parent / "barcode.py"


class PrintLabelsForm(forms.Form):
    """Which products, and how large."""

    products = forms.ModelMultipleChoiceField(Product.objects.order_by("ean"))
    height = forms.IntegerField(initial=60, min_value=10, max_value=1000, help_text="Pixels.")


@job_type(
    slug="print_labels",
    label="Print labels",
    description="Draws the barcodes of products, as images in a ZIP file.",
    form=PrintLabelsForm,
    max_attempts=2,
)
def run(job: JobContext, products: Any, height: int) -> dict[str, Any]:
    """Run the program once for each product; one that fails fails the job."""
    total, size = products.count(), 0
    with job.save_file("labels.zip", "application/zip") as file, ZipFile(file, "w") as labels:
        for done, product in enumerate(products.iterator(chunk_size=500)):
            job.progress(done, total, product.name, unit="labels")
            command = [sys.executable, PROGRAM, product.ean, str(height)]
            image = job.run_program(command, capture_output=True, timeout=60).stdout
            labels.writestr(f"{product.ean}.png", image)
            size += len(image)
    return {"labels": total, "image_bytes": size}
