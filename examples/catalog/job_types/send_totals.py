"""The job type "Send totals": tells a partner what was sold each day, under a secret token."""

import json
import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.request import Request, urlopen

from django import forms
from django.db.models import F, Sum
from django.utils import timezone

from catalog.models import Sale
from jobs.handler.context import JobContext
from jobs.registry import job_type

API = os.environ.get("PARTNER_API", "https://totals.example.com")
DAYS_LIMIT = 366


def _first_of_last_month() -> date:
    return (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)


def _first_of_this_month() -> date:
    return timezone.localdate().replace(day=1)


class SendTotalsForm(forms.Form):
    """A period, and the token of the partner's API."""

    since = forms.DateField(initial=_first_of_last_month)
    until = forms.DateField(initial=_first_of_this_month, help_text="The day after the last one.")
    token = forms.CharField(max_length=200)

    def clean(self) -> dict[str, Any]:
        """Check the period, once both of its days are valid."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and not since < until <= since + timedelta(days=DAYS_LIMIT):
            raise forms.ValidationError(f"The period must have 1 to {DAYS_LIMIT} days.")
        return cleaned


@job_type(
    slug="send_totals",
    label="Send totals",
    description="Sends what was sold on each day of a period to the partner.",
    form=SendTotalsForm,
    permission="catalog.view_sale",
    secret_fields=("token",),
    max_attempts=3,
)
def run(job: JobContext, since: date, until: date, token: str) -> dict[str, Any]:
    """Send each day by PUT, which may be repeated: a second attempt begins with the first day."""
    total = (until - since).days
    for done, day in enumerate(_days(since, until)):
        job.progress(done, total, day.isoformat())
        sales = Sale.objects.between(day, day + timedelta(days=1))
        amount = sales.aggregate(amount=Sum(F("pieces") * F("price")))["amount"] or 0
        body = json.dumps({"amount": str(amount)}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = Request(f"{API}/totals/{day}", body, headers, method="PUT")
        with urlopen(request, timeout=30) as answer:
            job.log(f"{day}: {answer.status}")
    return {"days": total}


def _days(since: date, until: date) -> Iterator[date]:
    for number in range((until - since).days):
        yield since + timedelta(days=number)
