"""The shop's user model: people sign in with their e-mail address."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class MemberManager(BaseUserManager):
    """Makes members."""

    def create_user(self, email, password=None, **fields):
        member = self.model(email=self.normalize_email(email), **fields)
        member.set_password(password)
        member.save()
        return member

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, **fields, is_staff=True, is_superuser=True)


class Member(AbstractBaseUser, PermissionsMixin):
    """A customer, or a member of staff."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    nickname = models.CharField(max_length=50, blank=True)
    email = models.EmailField("e-mail", unique=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = EMAIL_FIELD = "email"

    objects = MemberManager()

    def __str__(self):
        return self.email
