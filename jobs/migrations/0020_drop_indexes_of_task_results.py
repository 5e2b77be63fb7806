"""Indexes of TaskResult that no query of this site uses.

Results are found by task id and read in the order of their ids. django_celery_results made seven
other indexes: 490 bytes of write-ahead log and 340 bytes on the disk for each job. A later version
of that package that alters one of them needs it back first (`migrate jobs 0019`).
"""

from django.db import migrations

INDEXES = {
    "django_celery_results_taskresult_task_id_de0d95bf_like": "task_id varchar_pattern_ops",
    "django_cele_task_na_08aec9_idx": "task_name",
    "django_cele_status_9b6201_idx": "status",
    "django_cele_worker_d54dd8_idx": "worker",
    "django_cele_date_cr_f04a50_idx": "date_created",
    "django_cele_date_do_f59aad_idx": "date_done",
    "django_cele_periodi_1993cf_idx": "periodic_task_name",
}
CREATE = "CREATE INDEX CONCURRENTLY {} ON django_celery_results_taskresult ({})"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("jobs", "0019_cut_indexes"),
        ("django_celery_results", "0014_alter_taskresult_status"),
    ]

    operations = [
        migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", CREATE.format(name, column))
        for name, column in INDEXES.items()
    ]
