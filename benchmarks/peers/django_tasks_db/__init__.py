"""django-tasks-db: the database backend of Django's tasks framework, on psycopg2."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.django_tasks_db.settings"
