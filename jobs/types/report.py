"""The job type "Generate report": the jobs of a period in figures, as a file."""

from datetime import datetime, timedelta
from typing import Any

import xlsxwriter
from django import forms
from django.db.models import Count
from django.utils import timezone

from jobs.context import JobContext
from jobs.models import Job
from jobs.registry import job_type

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _next_second() -> datetime:
    # Form fields keep whole seconds; rounding up counts every job that was there at the launch.
    return timezone.now().replace(microsecond=0) + timedelta(seconds=1)


class ReportForm(forms.Form):
    """Which jobs the report is about."""

    since = forms.DateTimeField(initial=lambda: _next_second() - timedelta(days=7))
    until = forms.DateTimeField(initial=_next_second)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = self.cleaned_data
        if "since" in cleaned and "until" in cleaned and cleaned["until"] <= cleaned["since"]:
            self.add_error("until", "The period must end after it begins.")
        return cleaned


@job_type(
    slug="report",
    label="Generate report",
    description="The jobs of a period in figures, as a spreadsheet.",
    form=ReportForm,
)
def run(job: JobContext, since: datetime, until: datetime) -> dict[str, Any]:
    """Write the report and return its summary."""
    jobs = Job.objects.filter(created_at__gte=since, created_at__lt=until)
    counts = dict(jobs.order_by().values_list("status").annotate(Count("id")))
    with job.save_file("report.xlsx", XLSX) as file, xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet("By status")
        for row, (status, count) in enumerate(sorted(counts.items())):
            job.progress(row, len(counts), "Jobs by status")
            sheet.write_string(row, 0, status)
            sheet.write_number(row, 1, count)
    job.progress(1, 1, "Report written")
    return {"jobs": sum(counts.values()), "by_status": counts}
