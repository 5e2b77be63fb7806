"""The cast has the rights that the groups of a new site give."""

import pytest
from django.contrib.auth.models import Group

from tests.support import people

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("person", "group"), [(people.viewer, "Viewers"), (people.operator, "Operators")]
)
def test_a_person_has_the_rights_of_the_group_of_this_name(person, group):
    rights = Group.objects.get(name=group).permissions
    codenames = set(rights.values_list("codename", flat=True))
    assert set(person().user_permissions.values_list("codename", flat=True)) == codenames
