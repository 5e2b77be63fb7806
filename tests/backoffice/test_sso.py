"""The site of examples/sso: sign-in by a real provider of OpenID Connect."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings

from tests.support.databases import new_database, rows
from tests.support.oidc import LOGIN, Browser, running_provider
from tests.support.processes import manage, serving

PASSWORD = "of nobody else"
ACCOUNTS = f"""from django.contrib.auth.models import User
User.objects.create_superuser("maria", "maria@example.com", "{PASSWORD}")
User.objects.create_user("vera", "vera@example.com", "{PASSWORD}", is_staff=True)"""
ROLES = "SELECT name FROM auth_group JOIN auth_user_groups m ON m.group_id = auth_group.id"


@pytest.fixture(scope="module")
def provider():
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def of_site(provider, tmp_path_factory):
    """The environment of the site, on a migrated database with two accounts."""
    with new_database() as url:
        environment = {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "sso.settings",
            "PYTHONPATH": str(settings.BASE_DIR / "examples"),
            "OIDC_ISSUER": provider.issuer,
            "OIDC_CLIENT_ID": "backoffice",
            "OIDC_CLIENT_SECRET": "secret of the client",
            "HTTPS": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "TRUSTED_PROXY_COUNT": "0",
            "FILES_DIR": str(tmp_path_factory.mktemp("files")),
            "STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
        }
        steps = (["check", "--fail-level=WARNING"], ["migrate"], ["collectstatic", "--no-input"])
        for step in (*steps, ["shell", "-c", ACCOUNTS]):
            done = manage(*step, **environment)
            assert done.returncode == 0, done.stderr
        yield environment


@pytest.fixture(scope="module")
def site(of_site, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("web"), **of_site) as site:
        yield f"http://127.0.0.1:{site.port}"


@pytest.fixture
def browser(site, provider):
    with Browser(site, provider) as browser:
        yield browser


def roles(of_site, name) -> list[str]:
    sql = f"{ROLES} JOIN auth_user u ON u.id = m.user_id WHERE u.username = '{name}'"
    return [role for (role,) in rows(of_site, sql)]


def test_the_groups_of_the_provider_are_the_roles_here(browser, provider, of_site):
    provider.knows("olga", "backoffice-operators", "everyone")
    entries = "SELECT count(*) FROM axes_accesslog WHERE username = 'olga'"
    [(before,)] = rows(of_site, entries)
    page = browser.sign_in("olga", next="/admin/jobs/job/")
    assert (page.status_code, urlsplit(page.url).path) == (200, "/admin/jobs/job/")
    assert roles(of_site, "olga") == ["Operators"]
    assert rows(of_site, "SELECT is_superuser FROM auth_user WHERE username = 'olga'") == [(False,)]
    assert rows(of_site, entries) == [(before + 1,)]
    provider.knows("olga", "backoffice-viewers", "backoffice-administrators")
    browser.sign_in("olga")
    assert roles(of_site, "olga") == ["Viewers"]
    assert browser.page("/admin/auth/user/").status_code == 200, "she is an administrator"
    assert browser.page("/admin/socialaccount/socialaccount/").status_code == 200
    assert browser.page("/admin/socialaccount/socialapp/").status_code == 404


def test_who_has_no_role_gets_our_page_and_no_account(browser, provider, of_site):
    provider.knows("stan", "everyone")
    page = browser.sign_in("stan")
    assert page.status_code == 403
    assert "Your account has no role in Backoffice." in page.text
    assert rows(of_site, "SELECT id FROM auth_user WHERE username = 'stan'") == []
    assert browser.page("/admin/").url.endswith("/admin/login/?next=/admin/")


def test_a_lost_role_ends_open_sessions_too(browser, provider, site, of_site):
    provider.knows("lena", "backoffice-viewers")
    assert browser.sign_in("lena").status_code == 200
    provider.knows("lena")
    assert Browser(site, provider).sign_in("lena").status_code == 403
    assert roles(of_site, "lena") == []
    assert "/admin/login/" in browser.page("/admin/").url


def test_a_deactivated_account_is_signed_out_and_stays_out(browser, provider, of_site):
    provider.knows("dora", "backoffice-operators")
    assert browser.sign_in("dora").status_code == 200
    rows(of_site, "UPDATE auth_user SET is_active = false WHERE username = 'dora'")
    assert "/admin/login/" in browser.page("/admin/").url
    page = browser.sign_in("dora")
    assert page.status_code == 403
    assert "Your account is deactivated in Backoffice." in page.text


def test_a_sign_out_ends_the_session(browser, provider):
    provider.knows("lars", "backoffice-viewers")
    browser.sign_in("lars")
    assert browser.submit("/admin/logout/").status_code == 200
    assert "/admin/login/" in browser.page("/admin/").url


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_sign_in_leads_to_no_other_site(browser, provider, site, target):
    provider.knows("olga", "backoffice-operators")
    page = browser.sign_in("olga", next=target)
    assert page.url.startswith(f"{site}/admin/")
    link = re.search(r'href="(/sso/[^"]*)"', requests.get(f"{site}/admin/login/").text)[1]
    assert urlsplit(link).path == LOGIN
    shown = requests.get(f"{site}/admin/login/", {"next": target}, timeout=30).text
    link = re.search(r'href="(/sso/[^"]*)"', shown)[1]
    assert "evil" not in link


def test_a_name_or_an_address_of_the_provider_opens_no_other_account(browser, provider, of_site):
    provider.knows(
        "intruder", "backoffice-viewers", preferred_username="maria", email_verified=True
    )
    provider.knows(
        "intruder",
        "backoffice-viewers",
        preferred_username="maria",
        email="maria@example.com",
        email_verified=True,
    )
    assert browser.sign_in("intruder").status_code == 200
    assert browser.page("/admin/auth/user/").status_code == 403, "maria may"
    sql = "SELECT is_superuser FROM auth_user u JOIN socialaccount_socialaccount s"
    assert rows(of_site, f"{sql} ON s.user_id = u.id WHERE s.uid = 'intruder'") == [(False,)]


def test_an_account_with_a_password_is_linked_by_its_owner(browser, provider, site, of_site):
    provider.knows("vera-at-provider", "backoffice-viewers")
    browser.submit("/admin/login/", username="vera", password=PASSWORD)
    browser.sign_in("vera-at-provider", process="connect", next="/admin/")
    other = Browser(site, provider)
    assert other.sign_in("vera-at-provider").status_code == 200
    assert roles(of_site, "vera") == ["Viewers"]
    assert rows(of_site, "SELECT id FROM auth_user WHERE username LIKE 'vera-at%'") == []


def test_wrong_passwords_lock_as_before_and_failures_at_the_provider_lock_nobody(
    browser, provider, site
):
    for _ in range(5):
        refused = browser.submit("/admin/login/", username="maria", password="wrong")
    assert refused.status_code == 429
    for _ in range(6):
        forged = {"code": "wrong", "state": "wrong"}
        assert browser.page(f"{LOGIN}callback/", params=forged).status_code == 403
    provider.knows("olga", "backoffice-operators")
    assert browser.sign_in("olga", action="deny").status_code == 403
    assert browser.sign_in("olga").status_code == 200


def test_tokens_of_the_api_know_nothing_of_the_provider(browser, provider, site, of_site):
    provider.knows("tom", "backoffice-operators")
    browser.sign_in("tom")
    made = browser.submit("/admin/jobs/apitoken/add/", name="import", days="30")
    [token] = set(re.findall(r"\b[0-9a-f]{64}\b", made.text))
    browser.submit("/admin/logout/")
    call = {"headers": {"Authorization": f"Token {token}"}, "timeout": 30}
    assert requests.get(f"{site}/api/v1/jobs/", **call).status_code == 200
    rows(of_site, "UPDATE auth_user SET is_active = false WHERE username = 'tom'")
    assert requests.get(f"{site}/api/v1/jobs/", **call).status_code == 401


def test_the_provider_is_asked_with_a_proof_and_for_our_address_alone(browser, site):
    asked = browser.page(LOGIN, allow_redirects=False).headers["Location"]
    query = parse_qs(urlsplit(asked).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"{site}{LOGIN}callback/"]
    assert query["state"]


@pytest.mark.parametrize("path", ["/accounts/login/", "/sso/oidc/other/login/", "/sso/signup/"])
def test_other_ways_in_do_not_exist(browser, path):
    assert browser.page(path).status_code == 404


def test_a_missing_variable_stops_the_start_in_a_sentence(of_site):
    done = manage("check", **of_site | {"OIDC_CLIENT_ID": "", "OIDC_ISSUER": "http://example.com"})
    assert done.returncode != 0
    assert "OIDC_CLIENT_ID is not set. Set it." in done.stderr
    assert "OIDC_ISSUER='http://example.com' is not protected by TLS." in done.stderr
    assert json.dumps(of_site["OIDC_CLIENT_SECRET"]) not in done.stderr
