"""The cast has the rights that the groups of a new site give."""

from importlib import import_module

import pytest

from tests.support import people

pytestmark = pytest.mark.django_db

GROUPS = import_module("jobs.migrations.0007_make_groups")


@pytest.mark.parametrize(
    ("person", "rights"), [(people.viewer, GROUPS.VIEWERS), (people.operator, GROUPS.OPERATORS)]
)
def test_a_person_has_the_rights_of_the_group_of_this_name(person, rights):
    assert set(person().user_permissions.values_list("codename", flat=True)) == set(rights)
