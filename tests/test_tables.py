"""The database holds the tables of our models and no others."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_django_knows_every_table_so_that_flush_can_empty_them_all():
    tables = set(connection.introspection.table_names())
    known = set(connection.introspection.django_table_names(only_existing=True))
    assert tables - known == {"django_migrations"}
