"""The examples that speak HTTP: prices that are fetched, totals that are sent."""

from decimal import Decimal

import pytest
from catalog.models import Product, Supplier
from django.utils import timezone
from rest_framework.test import APIClient

from jobs import services
from jobs.errors import InvalidParams
from jobs.models import ApiToken, Job, Status
from tests.guide.fixtures import EANS
from tests.guide.launched import completed, ended, launch, log_of, sell
from tests.support.polling import wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

# A slow HTTP API, with progress and retries of its own.


def test_prices_are_fetched_with_progress_and_retries(worker, partner, supplier, buyer):
    partner.prices |= {EANS[0]: "1.00", EANS[1]: "2.50"}
    partner.faults[f"/prices/{EANS[1]}"] = [503]
    job = launch(buyer, "fetch_prices", supplier=supplier.pk)
    assert completed(job) == {"products": 3, "changed": 1, "unknown": [EANS[2]]}
    assert Product.objects.get(ean=EANS[1]).price == Decimal("2.50")
    assert partner.asked == [f"/prices/{EANS[number]}" for number in (0, 1, 1, 2)]
    [line] = log_of(job)
    assert line.startswith(f"{EANS[1]}: HTTP Error 503")
    assert line.endswith("The next try is in 1 s.")


def test_a_refusal_of_the_api_fails_the_job_and_keeps_what_was_done(
    worker, partner, supplier, buyer
):
    partner.prices |= dict.fromkeys(EANS, "2.50")
    partner.faults[f"/prices/{EANS[1]}"] = [403]
    job = ended(launch(buyer, "fetch_prices", supplier=supplier.pk))
    assert (job.status, job.error_type) == (Status.FAILED, "HTTPError")
    assert len(partner.asked) == 2
    prices = Product.objects.order_by("pk").values_list("price", flat=True)
    assert list(prices) == [Decimal("2.50"), Decimal("1.00"), Decimal("1.00")]


def test_a_cancel_ends_a_pause_between_two_tries(worker, partner, supplier, buyer):
    partner.faults[f"/prices/{EANS[0]}"] = [503] * 9
    job = launch(buyer, "fetch_prices", supplier=supplier.pk)
    wait_until(lambda: len(partner.asked) == 2)  # the next pause is of 5 s
    services.cancel(services.code_caller(buyer), job.pk)
    assert ended(job, 10).status == Status.CANCELLED
    assert len(partner.asked) == 2


def test_a_buyer_fetches_the_prices_of_their_own_suppliers(redis, buyer, supplier):
    other = Supplier.objects.create(name="Initech")
    with pytest.raises(InvalidParams, match="not one of the available choices"):
        launch(buyer, "fetch_prices", supplier=other.pk)
    launch(None, "fetch_prices", supplier=other.pk)


# A secret, and days.


TOKEN = "s3cret-token-of-globex"


def test_totals_are_sent_under_a_secret_that_is_shown_nowhere(worker, partner, supplier, buyer):
    product = supplier.products.first()
    sell(product, "2026-11-01T00:00", 2)
    sell(product, "2026-11-02T23:59", 1)
    sell(product, "2026-11-03T00:00", 9)
    job = launch(buyer, "send_totals", since="2026-11-01", until="2026-11-03", token=TOKEN)
    assert completed(job) == {"days": 2}
    assert partner.totals == {
        "/totals/2026-11-01": {"amount": "4.00"},
        "/totals/2026-11-02": {"amount": "2.00"},
    }
    assert partner.tokens == {f"Bearer {TOKEN}"}
    _, key = ApiToken.objects.create(buyer)
    shown = APIClient(HTTP_AUTHORIZATION=f"Token {key}").get(f"/api/v1/jobs/{job.pk}/").json()
    assert shown["params"] == {"since": "2026-11-01", "until": "2026-11-03", "token": "********"}


def test_a_partner_that_repeats_the_secret_does_not_bring_it_into_error_and_log(
    worker, partner, supplier, buyer
):
    partner.faults["/totals/2026-11-01"] = [401]
    job = launch(buyer, "send_totals", since="2026-11-01", until="2026-11-02", token=TOKEN)
    assert ended(job).status == Status.FAILED
    assert "Bearer ********" in job.error_message
    kept = [job.error_message, job.error_traceback, *log_of(job)]
    assert TOKEN not in "".join(kept)


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-02", "2026-11-02"), ("2026-11-02", "2025-11-02"), ("2024-01-01", "2026-01-01")],
)
def test_a_period_without_a_day_or_too_long_is_refused(redis, buyer, since, until):
    with pytest.raises(InvalidParams, match="must have 1 to 366 days"):
        launch(buyer, "send_totals", since=since, until=until, token="t")
    assert not Job.objects.exists()


def test_a_period_that_is_left_out_is_last_month_and_is_stored(redis, buyer):
    params = launch(buyer, "send_totals", token="t").params
    first = timezone.localdate().replace(day=1)
    assert params["until"] == first.isoformat()
    assert params["since"] < params["until"]
