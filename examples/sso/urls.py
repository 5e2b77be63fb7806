"""The site's URLs, with those that lead to the provider and back."""

from django.urls import include, path

from backoffice.urls import *  # noqa: F403 (the handlers of errors too)
from backoffice.urls import urlpatterns as _of_site

urlpatterns = [
    path("sso/", include("allauth.socialaccount.providers.openid_connect.urls")),
    *_of_site,
]
