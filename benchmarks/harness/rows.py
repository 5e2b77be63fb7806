"""Makes millions of jobs, as after years of use: the newest are active, ids follow the times."""

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from jobs.models import ApiToken, Job

# Shares are the same at every size, beside what is rare: `RARE` jobs, the oldest of all, of a type,
# source, queue, error, batch and creator of their own, which a plan that walks from the newest job
# would find last.
RARE = 120
# The public id of the token that submitted each job of the API, which are every other job.
TOKEN = "00000000-0000-4000-8000-000000000001"

FILL = """
INSERT INTO jobs_job (id, name, type, params, queue, status, version, progress_percent,
    progress_message, result, error_code, error_type, error_message, error_traceback,
    created_by_id, created_by_name, source, request_id, request_hash, batch_id,
    created_at, published_at, publishes, started_at, finished_at, attempt, worker, pid,
    lease_until, taken_published_at, cancel_requested_by, cancel_reason, acknowledged_by,
    acknowledged_note, token_id, token_name)
SELECT uuidv7(age),
    CASE WHEN rare THEN 'Rare i' ELSE 'I' END || 'mport region ' || n %% 1000 || ' of ' || n,
    type, '{"days": 7}', queue, status, 3,
    CASE status WHEN 'PROCESSING' THEN n %% 100 END, '',
    CASE status WHEN 'COMPLETED' THEN '{"rows": 5}'::jsonb END,
    CASE status WHEN 'FAILED' THEN error ELSE '' END,
    CASE status WHEN 'FAILED' THEN 'ValueError' ELSE '' END,
    CASE status WHEN 'FAILED' THEN 'It broke at row 17.' ELSE '' END,
    CASE status WHEN 'FAILED' THEN repeat('  File "x.py", line 1, in run', 20) ELSE '' END,
    creator, 'x', source, '', '',
    CASE WHEN rare THEN '00000000-0000-7000-8000-000000000000'::uuid WHEN n %% 10 = 0
        THEN ('00000000-0000-7000-8000-' || lpad((n / 1000 + 1)::text, 12, '0'))::uuid END,
    at, at, 1, CASE WHEN status NOT IN ('PENDING', 'CANCELLED') THEN at + '2 s' END,
    CASE WHEN status IN ('COMPLETED', 'FAILED', 'CANCELLED')
        THEN at + (n %% 60 + 3) * interval '1 s' END,
    (status NOT IN ('PENDING', 'CANCELLED'))::int,
    CASE WHEN status IN ('PENDING', 'CANCELLED') THEN '' ELSE 'w1' END,
    CASE WHEN status NOT IN ('PENDING', 'CANCELLED') THEN 1 END,
    CASE status WHEN 'PROCESSING' THEN now() + interval '1 day' END,
    CASE WHEN status NOT IN ('PENDING', 'CANCELLED') THEN at END, '', '', '', '',
    CASE source WHEN 'api' THEN %(token)s::uuid END,
    CASE source WHEN 'api' THEN 'erp-import' ELSE '' END
FROM generate_series(%(jobs)s, 1, -1) AS n,
    LATERAL (SELECT n > %(jobs)s - %(rare)s AS rare, ages.of AS age, now() + ages.of AS at
        FROM (SELECT interval '-1 s' * (CASE WHEN n > %(active)s
            THEN 100 + %(active)s * %(apart)s + (n - %(active)s) * 5
            ELSE n * %(apart)s END) AS of) AS ages) AS a,
    LATERAL (SELECT
        CASE WHEN n <= %(processing)s THEN 'PROCESSING' WHEN n <= %(active)s THEN 'PENDING'
            WHEN rare THEN 'FAILED' WHEN n %% 10 = 0 THEN 'FAILED'
            WHEN n %% 33 = 0 THEN 'CANCELLED' ELSE 'COMPLETED' END AS status,
        CASE WHEN rare THEN 'prune' WHEN n %% 3 = 0 THEN 'export' ELSE 'report' END AS type,
        CASE WHEN rare THEN 'rare' WHEN n %% 4 = 0 THEN 'slow' ELSE 'default' END AS queue,
        CASE WHEN rare THEN 'worker_lost' ELSE 'exception' END AS error,
        CASE WHEN rare THEN 'command' WHEN n %% 2 = 0 THEN 'api' ELSE 'admin' END AS source,
        CASE WHEN rare THEN %(rare_user)s WHEN n %% 5 = 0 THEN %(staff)s END AS creator) AS b
ORDER BY n DESC"""

NOTE = """
INSERT INTO django_admin_log (action_time, object_id, object_repr, action_flag, change_message,
    content_type_id, user_id)
SELECT created_at, id, name, 2, 'Acknowledged, from the list.', %s, %s
FROM jobs_job WHERE status = 'FAILED'"""

# Each rare job but one repeats the oldest of all. The status lets an index find them.
RERUNS = """
UPDATE jobs_job SET rerun_of_id = oldest.id
FROM (SELECT min(id::text)::uuid AS id FROM jobs_job WHERE queue = 'rare' AND status = 'FAILED')
    AS oldest
WHERE queue = 'rare' AND status = 'FAILED' AND jobs_job.id <> oldest.id"""


def fill(
    jobs: int, *, processing: int = 50, active: int | None = None, seconds_apart: float = 5
) -> None:
    """Make `jobs` jobs, of which `active` (one in 50 by default) are not settled yet.

    One was submitted every five seconds; those that are active `seconds_apart`.
    """
    users = get_user_model().objects
    rare_user, _ = users.get_or_create(
        username="rare", defaults={"is_staff": True, "is_superuser": True}
    )
    values = {
        "jobs": jobs,
        "rare": RARE,
        "processing": processing,
        "apart": seconds_apart,
        "active": jobs // 50 if active is None else active,
        "rare_user": rare_user.pk,
        "staff": users.get(username="staff").pk,
        "token": TOKEN,
    }
    named = {"name": "erp-import", "digest": "benchmark", "user_id": values["staff"]}
    ApiToken.objects.get_or_create(public_id=TOKEN, defaults=named)
    with connection.cursor() as cursor:
        cursor.execute(FILL, values)
        cursor.execute(RERUNS)
        # For the failures, one job in ten, the admin's log says who did something to it.
        cursor.execute(NOTE, [ContentType.objects.get_for_model(Job).pk, values["staff"]])
        for table in ("jobs_job", "django_admin_log", "jobs_auditentry"):
            cursor.execute(f"VACUUM ANALYZE {table}")
