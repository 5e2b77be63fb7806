"""Hides pages of allauth that nothing here uses; links of accounts to the provider stay."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin

for _unused in (EmailAddress, SocialApp, SocialToken):
    if admin.site.is_registered(_unused):
        admin.site.unregister(_unused)
