"""The job type "Fetch prices": asks a supplier's slow HTTP API for the price of each product."""

import json
import os
import time
from decimal import Decimal
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from django import forms

from catalog.models import Supplier
from jobs.handler.context import JobContext
from jobs.registry import job_type

API = os.environ.get("SUPPLIER_API", "https://prices.example.com")
TIMEOUT_SECONDS = 30
PAUSES = (1, 5, 25)  # seconds before the second, third and last try
WORTH_ANOTHER_TRY = (429, 500, 502, 503, 504)


class FetchPricesForm(forms.Form):
    """A supplier that the user buys from."""

    supplier = forms.ModelChoiceField(Supplier.objects.all())

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user is not None:
            self.fields["supplier"].queryset = Supplier.objects.filter(buyers=user)


@job_type(
    slug="fetch_prices",
    label="Fetch prices",
    description="Asks a supplier for the present price of each of its products.",
    form=FetchPricesForm,
    max_attempts=3,
    max_running=1,
    max_running_by="supplier",
    time_limit=3600,
)
def run(job: JobContext, supplier: Supplier) -> dict[str, Any]:
    """Store each price as soon as it is known, so that a cancelled job keeps what it has done."""
    total = supplier.products.count()
    changed, unknown = 0, []
    for done, product in enumerate(supplier.products.order_by("pk").iterator(chunk_size=500)):
        job.progress(done, total, product.name, unit="products")
        price = _price(job, product.ean)
        if price is None:
            unknown.append(product.ean)
        elif price != product.price:
            product.price = price
            product.save(update_fields=["price"])
            changed += 1
    return {"products": total, "changed": changed, "unknown": unknown[:100]}


def _price(job: JobContext, ean: str) -> Decimal | None:
    """The supplier's price; None if it does not know the product.

    Raises: OSError if the last try fails, or the supplier refuses the request.
    """
    for pause in (*PAUSES, None):
        try:
            with urlopen(f"{API}/prices/{ean}", timeout=TIMEOUT_SECONDS) as answer:
                return Decimal(json.load(answer)["price"])
        except HTTPError as error:
            if error.code == 404:
                return None
            if error.code not in WORTH_ANOTHER_TRY or pause is None:
                raise
            fault: OSError = error
        except OSError as error:  # no connection, or none of its bytes in time
            if pause is None:
                raise
            fault = error
        job.log(f"{ean}: {fault}. The next try is in {pause} s.", "WARNING")
        _wait(job, pause)
    return None


def _wait(job: JobContext, seconds: float) -> None:
    """Sleep in short steps, because `progress` is where a cancel ends the job."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        job.progress(0, 0, "Waits for the supplier")
        time.sleep(0.2)
