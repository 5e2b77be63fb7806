"""Permissions, groups and URLs for the tests of user managers."""

from django.contrib.auth.models import Group, Permission

USERS, GROUPS = "/admin/auth/user/", "/admin/auth/group/"
MANAGER = [
    f"auth.{verb}_{model}"
    for verb in ("view", "add", "change", "delete")
    for model in ("user", "group")
]
DATES = {
    f"{name}_{part}": value
    for name in ("date_joined", "last_login")
    for part, value in (("0", "2026-11-25"), ("1", "10:00:00"))
}
# What a crafted request may add to each form.
SIDEWAYS = ({}, {"_popup": "1"}, {"_continue": "1"}, {"_to_field": "id"})


def permission(name):
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def make_group(name, *permissions):
    group = Group.objects.create(name=name)
    group.permissions.set([permission(one) for one in permissions])
    return group
