"""API tokens for another account or a new service account, within the rights of their maker."""

import re

import pytest
from django.contrib.auth.models import User

from jobs.models import ApiToken, AuditEntry
from tests.admin.managers import make_group, permission
from tests.support import people
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

ADD = "/admin/jobs/apitoken/add/"
TOKEN = {"name": "erp-import", "days": "30"}


@pytest.fixture
def manager(manager):
    """A manager of accounts who may make tokens, and launches jobs."""
    for name in ("add_job", *(f"{verb}_apitoken" for verb in ("view", "add", "delete"))):
        manager.user.user_permissions.add(permission(f"jobs.{name}"))
    return manager


def send(client, **entries):
    page = client.post(ADD, TOKEN | entries)
    found = re.search(r'<pre id="token"[^>]*>([^<]+)</pre>', page.content.decode())
    return page, found and found[1]


def test_a_manager_makes_a_token_for_a_colleague(manager, client):
    olga = make_user("jobs.view_job", username="olga")
    _, token = send(manager, owner="other", account="olga")
    assert ApiToken.objects.get().user == olga
    assert AuditEntry.objects.about(User, olga.pk)[0].text == (
        "Made the API token “erp-import”, which acts as this account."
    )
    assert AuditEntry.objects.get(object_type="jobs.apitoken").text == "Made for olga."
    answer = client.get("/api/v1/jobs/", headers={"authorization": f"Token {token}"})
    assert answer.status_code == 200


def test_a_manager_makes_a_service_account_with_its_token_in_one_step(manager):
    group = make_group("Launchers", "jobs.add_job")
    _, token = send(manager, owner="service", service="erp", groups=[group.pk])
    erp = User.objects.get(username="erp")
    assert token
    assert ApiToken.objects.get().user == erp
    assert (erp.has_usable_password(), erp.is_staff, erp.is_superuser) == (False, False, False)
    assert [*erp.groups.all()] == [group]
    assert AuditEntry.objects.about(User, erp.pk)[0].text == (
        "Added a service account without a password; groups: Launchers."
        " Made the API token “erp-import”, which acts as this account."
    )


@pytest.mark.parametrize(
    "stronger",
    [
        {"is_superuser": True},
        {"permission": "jobs.delete_job"},
        {"group": "jobs.delete_job"},
        {"is_active": False},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_manager_makes_no_token_with_rights_that_they_lack(manager, stronger):
    right, group = stronger.pop("permission", None), stronger.pop("group", None)
    account = make_user(*([right] if right else []), username="boss", **stronger)
    if group:
        account.groups.add(make_group("Deleters", group))
    page, token = send(manager, owner="other", account="boss")
    assert token is None
    assert page.context["form"].errors["account"]
    assert "boss" not in page.context["form"].suggested_accounts()
    assert not ApiToken.objects.exists()


def test_a_service_account_gets_no_group_with_rights_that_its_maker_lacks(manager):
    group = make_group("Deleters", "jobs.delete_job")
    page, token = send(manager, owner="service", service="erp", groups=[group.pk])
    assert token is None
    assert page.context["form"].errors["groups"]
    assert not User.objects.filter(username="erp").exists()


@pytest.mark.parametrize("name", ["", "manager", "a b", "x" * 151, "\x00", "nul\u202e"])
def test_a_service_account_needs_a_valid_name_of_its_own(manager, name):
    page, token = send(manager, owner="service", service=name)
    assert token is None
    assert page.context["form"].errors["service"]
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "entries",
    [{"owner": "other", "account": "erp"}, {"owner": "service", "service": "new"}],
    ids=["other", "service"],
)
def test_others_make_tokens_only_for_themselves(operator, entries):
    make_user(username="erp")
    _, token = send(operator, **entries)
    assert token
    assert ApiToken.objects.get().user == operator.user
    assert 'name="owner"' not in operator.get(ADD).content.decode()
    assert not User.objects.filter(username="new").exists()


def test_a_service_account_needs_the_right_to_add_accounts(client):
    rights = ("jobs.add_apitoken", "auth.change_user")
    people.sign_in(client, make_user(*rights, is_staff=True))
    page, token = send(client, owner="service", service="erp")
    assert token is None
    assert page.context["form"].errors["owner"]


def test_two_presses_make_one_service_account_and_one_token(manager):
    key = re.search(r'name="once" value="([^"]+)"', manager.get(ADD).content.decode())[1]
    entries = {"owner": "service", "service": "erp", "once": key}
    assert send(manager, **entries)[1]
    page, token = send(manager, **entries)
    assert token is None
    assert "This form was sent twice" in page.content.decode()
    assert ApiToken.objects.count() == User.objects.filter(username="erp").count() == 1


def test_a_manager_sees_and_revokes_the_tokens_within_their_rights(manager):
    weak, _ = ApiToken.objects.create(make_user("jobs.view_job"), name="weak")
    strong, _ = ApiToken.objects.create(make_user("jobs.delete_job"), name="strong")
    page = manager.get("/admin/jobs/apitoken/").content.decode()
    assert "weak" in page
    assert "strong" not in page
    for token in (weak, strong):
        manager.post(f"/admin/jobs/apitoken/{token.public_id}/delete/", {"post": "yes"})
    assert [*ApiToken.objects.all()] == [strong]


def test_the_page_of_a_colleague_leads_to_the_form_with_their_name(manager):
    olga = make_user(username="olga")
    page = manager.get(f"/admin/jobs/job/requesters/{olga.pk}/").content.decode()
    assert f"{ADD}?account=olga" in page
    form = manager.get(f"{ADD}?account=olga").context["form"]
    assert (form["owner"].value(), form["account"].value()) == ("other", "olga")


def test_the_page_of_a_stronger_account_offers_no_token(manager):
    boss = make_user("jobs.delete_job")
    assert ADD not in manager.get(f"/admin/jobs/job/requesters/{boss.pk}/").content.decode()
