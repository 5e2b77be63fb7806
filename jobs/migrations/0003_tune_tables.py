"""What PostgreSQL is told about tables that grow large, and Django has no words for."""

from django.db import migrations

# Counts are read from indexes alone as far as VACUUM has seen the pages. By PostgreSQL's default it comes once a fifth
# of the table has changed: among a million jobs after 200,000 changes, which is weeks.
VACUUM_OFTEN = """ALTER TABLE jobs_job SET (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
)"""
VACUUM_AS_EVER = """ALTER TABLE jobs_job RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor
)"""

# The page of a job says what staff did to it. Django looks for that among the entries of all jobs: 80 ms of a million.
INDEX_LOG_ENTRIES = "CREATE INDEX jobs_adminlog_object ON django_admin_log (object_id, content_type_id)"
DROP_INDEX = "DROP INDEX jobs_adminlog_object"

# An error implies FAILED. PostgreSQL takes columns for unrelated unless told: for a cell of the home page's failures it
# expected 91 jobs, read all 8,000 and sorted them, where an index has them in order (156 ms; now 4).
KNOW_FAILURES = (
    "CREATE STATISTICS jobs_job_failures (mcv) ON type, status, error_code, error_type FROM jobs_job"
)
DROP_STATISTICS = "DROP STATISTICS jobs_job_failures"


class Migration(migrations.Migration):
    replaces = [("jobs", "0010_index_log_entries"), ("jobs", "0011_know_failures_by_kind")]
    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("jobs", "0002_make_groups"),
    ]

    operations = [
        migrations.RunSQL(VACUUM_OFTEN, VACUUM_AS_EVER),
        migrations.RunSQL(INDEX_LOG_ENTRIES, DROP_INDEX),
        migrations.RunSQL(KNOW_FAILURES, DROP_STATISTICS),
    ]
