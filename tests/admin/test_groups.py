"""Groups: user managers stay within their own rights."""

import pytest
from django.contrib.auth.models import Group, Permission

from tests.admin.managers import GROUPS, SIDEWAYS, make_group, permission

pytestmark = pytest.mark.django_db


def group_forms(group):
    every = [one.pk for one in Permission.objects.all()]
    return [{"name": group.name, "permissions": every} | extra for extra in SIDEWAYS]


def test_a_manager_changes_no_group_of_their_own_and_none_with_more_rights(manager):
    own, stronger = Group.objects.get(name="Managers"), make_group("Deleters", "jobs.delete_job")
    for group in (own, stronger):
        before = set(group.permissions.all())
        for form in group_forms(group):
            assert manager.post(f"{GROUPS}{group.pk}/change/", form).status_code == 403
        assert manager.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}).status_code == 403
        ticked = {"action": "delete_selected", "post": "yes", "_selected_action": [group.pk]}
        assert manager.post(GROUPS, ticked).status_code == 403
        assert set(Group.objects.get(pk=group.pk).permissions.all()) == before
        assert not Group.objects.filter(name="new").exists()
        as_new = {
            "name": "new",
            "permissions": [permission("jobs.delete_job").pk],
            "_saveasnew": "1",
        }
        assert manager.post(f"{GROUPS}{group.pk}/change/", as_new).status_code == 200
        assert (
            "You cannot change this group"
            in manager.get(f"{GROUPS}{group.pk}/change/").content.decode()
        )


def test_a_manager_gives_groups_only_permissions_that_they_have(manager):
    group = make_group("Viewers of jobs")
    for form in group_forms(group):
        assert manager.post(f"{GROUPS}{group.pk}/change/", form).status_code == 200
        assert manager.post(f"{GROUPS}add/", form | {"name": "new"}).status_code == 200
    assert not group.permissions.exists()
    assert not Group.objects.filter(name="new").exists()
    allowed = {"name": "Viewers of jobs", "permissions": [permission("jobs.view_job").pk]}
    assert manager.post(f"{GROUPS}{group.pk}/change/", allowed).status_code == 302
    assert set(group.permissions.all()) == {permission("jobs.view_job")}
