"""The throw-away servers that every other test stands on."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis


def ask(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_postgres_is_18_and_knows_unicode_without_any_locale_of_the_machine():
    assert ask("SHOW server_version").startswith("18")
    assert ask("SELECT lower('É')") == "é"


@pytest.mark.django_db
def test_commits_survive_a_crash_of_the_server():
    assert ask("SHOW synchronous_commit") == "on"


def test_redis_refuses_to_evict_messages():
    redis = Redis.from_url(settings.JOBS_REDIS_URL)
    assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    redis.close()


def test_the_servers_of_the_developer_are_never_used():
    own = {"DATABASE_URL": "postgres://precious/", "REDIS_URL": "redis://precious/"}
    shared = {
        "TEST_DATABASE_URL": os.environ["DATABASE_URL"],
        "TEST_REDIS_URL": os.environ["REDIS_URL"],
    }
    show = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    command = [sys.executable, "-m", "tests.servers", sys.executable, "-c", show]
    said = subprocess.check_output(
        command, env=os.environ | own | shared, cwd=settings.BASE_DIR, text=True
    )
    assert said.split() == [*shared.values()]
