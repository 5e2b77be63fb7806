"""The cast has the rights that the groups of a new site give."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group

from tests.support import people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def groups_of_a_new_site():
    """Make the groups as migrations do: tests with transactions of their own empty all tables."""
    Group.objects.filter(name__in=["Viewers", "Operators"]).delete()
    import_module("jobs.migrations.0007_make_groups").make_groups(apps, None)
    import_module("jobs.migrations.0039_let_operators_hold").let_operators_hold(apps, None)


@pytest.mark.parametrize(
    ("person", "group"), [(people.viewer, "Viewers"), (people.operator, "Operators")]
)
def test_a_person_has_the_rights_of_the_group_of_this_name(person, group):
    rights = Group.objects.get(name=group).permissions
    codenames = set(rights.values_list("codename", flat=True))
    assert set(person().user_permissions.values_list("codename", flat=True)) == codenames
