"""A user model without the fields of Django's own: no user name, first name or date of joining."""

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class MemberManager(BaseUserManager["Member"]):
    """Makes members as a site's own manager does."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        member = self.model(email=self.normalize_email(email), **fields)
        member.set_password(password)
        member.save()
        return member

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        return self.create_user(email, password, **fields, is_staff=True, is_superuser=True)


class Member(AbstractBaseUser, PermissionsMixin):
    """A member of staff; columns have other names than fields, and one is not text."""

    member_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail", unique=True, db_column="mail")
    is_staff = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    member_since = models.DateTimeField(auto_now_add=True)
    wishes = models.JSONField(default=dict, blank=True)
    level = models.CharField(max_length=9, blank=True, default="staff")

    USERNAME_FIELD = EMAIL_FIELD = "email"

    objects = MemberManager()

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # a class variable of its base
        return self.enabled

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether the member has the right: a boss has them all."""
        return (self.is_active and self.level == "boss") or super().has_perm(perm, obj)

    def __str__(self) -> str:
        return self.email
