"""What tests of the guide share: a catalog, a partner's API, and one worker for all of them."""

import os
import sys
from decimal import Decimal

import pytest
from catalog.models import Product, Supplier

from jobs import registry
from jobs.models import Worker
from tests.guide.partner import Partner
from tests.support.factories import make_user
from tests.support.polling import wait_until
from tests.support.processes import started

EANS = ("4006381333931", "5901234123457", "9780201379624")
WORKER = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=2"]


@pytest.fixture(scope="session")
def one_partner():
    return Partner()


@pytest.fixture
def partner(one_partner):
    """The API of supplier and partner, as it was at first."""
    for one in (one_partner.prices, one_partner.faults, one_partner.totals):
        one.clear()
    one_partner.asked.clear()
    one_partner.tokens.clear()
    one_partner.slow_seconds = 0
    return one_partner


@pytest.fixture(scope="session")
def one_worker(django_db_setup, one_partner, tmp_path_factory):
    log = (tmp_path_factory.mktemp("worker") / "worker.log").open("w")
    with log, started(WORKER, log=log, **site(one_partner)) as process:
        yield process


@pytest.fixture
def worker(transactional_db, one_worker):
    """A real worker, which has the app by EXTRA_APPS as the guide says."""
    wait_until(lambda: Worker.objects.exists(), seconds=30)
    return one_worker


def site(partner):
    """The environment of processes of a site with the examples."""
    return {
        "EXTRA_APPS": "catalog",
        "PYTHONPATH": "examples",
        "FILES_DIR": os.environ["FILES_DIR"],
        "SUPPLIER_API": partner.url,
        "PARTNER_API": partner.url,
        "JOBS_HEARTBEAT_SECONDS": "1",
    }


@pytest.fixture
def buyer(transactional_db):
    """An account that launches jobs and sees sales."""
    return make_user("jobs.add_job", "catalog.view_sale", username="bea")


@pytest.fixture
def supplier(buyer):
    """A supplier of the buyer with three products."""
    found = Supplier.objects.create(name="Globex")
    found.buyers.add(buyer)
    for number, ean in enumerate(EANS):
        Product.objects.create(
            ean=ean, name=f"Product {number}", supplier=found, price=Decimal("1.00")
        )
    return found


@pytest.fixture
def importer(supplier):
    """An account that imports products of the supplier."""
    found = make_user("jobs.add_job", "catalog.change_product", username="ida", is_staff=True)
    supplier.buyers.add(found)
    return found


@pytest.fixture
def registered():
    """Take back the types that a block registers."""
    before = {one.slug for one in registry.all()}
    yield
    for slug in [one.slug for one in registry.all() if one.slug not in before]:
        registry.unregister(slug)
