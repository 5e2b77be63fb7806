"""Registers the app under a label of its own."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "tests.support.members"
    label = "members"
