"""The site's settings, with sign-in by an OpenID Connect provider beside passwords.

Copy this package, write your own groups into ROLES, and set DJANGO_SETTINGS_MODULE for all
processes.
"""

from pathlib import Path
from urllib.parse import urlsplit

from backoffice.environment import LOCAL_HOSTS
from backoffice.settings import *  # noqa: F403 (all that a site has)
from backoffice.settings import INSTALLED_APPS, MIDDLEWARE, TEMPLATES, env

# Groups of the provider, and the groups of permissions that their members get here.
ROLES = {
    "backoffice-viewers": "Viewers",
    "backoffice-operators": "Operators",
}
ADMINISTRATORS = "backoffice-administrators"  # may do everything
GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")

_issuer = env.text("OIDC_ISSUER", fix="Set it to the provider's address, which serves discovery")
if urlsplit(_issuer).scheme != "https" and urlsplit(_issuer).hostname not in LOCAL_HOSTS:
    env.wrong(f"OIDC_ISSUER={_issuer!r}", "is not protected by TLS", "Let it begin with https://")

INSTALLED_APPS += [
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "sso",
]
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
ROOT_URLCONF = "sso.urls"
TEMPLATES[0]["DIRS"].insert(0, Path(__file__).parent / "templates")  # type: ignore[attr-defined]

SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "SCOPE": env.text("OIDC_SCOPES", "openid profile email").split(),
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "provider",
                "name": "Single sign-on",
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": _issuer},
            }
        ],
    }
}
SOCIALACCOUNT_ADAPTER = "sso.accounts.StaffAdapter"
ACCOUNT_ADAPTER = "sso.accounts.AccountAdapter"
# A link, because our content policy lets no form lead to another host.
SOCIALACCOUNT_LOGIN_ON_GET = True
# Only the provider's accounts: allauth offers no registration, password or e-mail of its own.
SOCIALACCOUNT_ONLY = True
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False  # accounts are found by the provider's `sub`, never by an address

env.refuse()
