"""Accounts: user managers stay within their own rights."""

import pytest
from django.contrib.auth.models import Permission, User

from jobs.models import ApiToken
from tests.admin.managers import DATES, GROUPS, SIDEWAYS, USERS, make_group, permission
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def posted(account, **entries):
    """The form of an account as its page sends it, with other `entries`."""
    form = {"username": account.username, "email": account.email, "is_active": "on", **DATES}
    return form | {"is_staff": "on"} | entries if account.is_staff else form | entries


def rights(account):
    account = User.objects.get(pk=account.pk)
    return (
        *(account.is_active, account.is_staff, account.is_superuser),
        *(set(account.groups.all()), set(account.user_permissions.all())),
    )


def state(account):
    return User.objects.filter(pk=account.pk).values().get(), rights(account)


BEYOND = {
    "superuser": lambda: make_user(is_superuser=True, is_staff=True),
    "inactive superuser": lambda: make_user(is_superuser=True, is_active=False),
    "own permission": lambda: make_user("jobs.delete_job"),
    "permission of a group": lambda: with_group(make_group("Deleters", "jobs.delete_job")),
    "inactive account": lambda: make_user("jobs.delete_job", is_active=False),
}


def with_group(group):
    user = make_user()
    user.groups.add(group)
    return user


@pytest.fixture(params=BEYOND)
def stronger(request, db):
    """An account with a right that the manager lacks."""
    return BEYOND[request.param]()


@pytest.mark.parametrize("extra", SIDEWAYS)
def test_an_account_with_more_rights_cannot_be_changed(manager, stronger, extra):
    before = state(stronger)
    form = posted(stronger, username="mine-now", email="me@x.io") | extra
    assert manager.post(f"{USERS}{stronger.pk}/change/", form).status_code == 403
    assert state(stronger) == before


@pytest.mark.parametrize("button", [{}, {"set-password": "1"}, {"unset-password": "1"}])
def test_an_account_with_more_rights_gets_no_new_password(manager, stronger, button):
    before = state(stronger)
    form = {
        "password1": "Taken-0ver",
        "password2": "Taken-0ver",
        "usable_password": "true",
    } | button
    for method in (manager.get, manager.post):
        assert method(f"{USERS}{stronger.pk}/password/", form).status_code == 403
    assert state(stronger) == before


def test_an_account_with_more_rights_cannot_be_deleted(manager, stronger):
    weaker = make_user()
    assert manager.post(f"{USERS}{stronger.pk}/delete/", {"post": "yes"}).status_code == 403
    ticked = {
        "action": "delete_selected",
        "post": "yes",
        "_selected_action": [weaker.pk, stronger.pk],
    }
    assert manager.post(USERS, ticked).status_code == 403
    assert User.objects.filter(pk__in=[weaker.pk, stronger.pk]).count() == 2


def test_the_page_of_an_account_with_more_rights_is_read_only_and_says_why(manager, stronger):
    page = manager.get(f"{USERS}{stronger.pk}/change/").content.decode()
    assert "it has rights that you do not have" in page
    assert 'name="_save"' not in page
    assert "password/" not in page.split('id="content"')[1]


@pytest.mark.parametrize("extra", SIDEWAYS)
def test_a_manager_adds_no_right_to_their_own_account(manager, extra):
    before = rights(manager.user)
    wanted = {
        "is_superuser": "on",
        "user_permissions": [permission("jobs.delete_job").pk, permission("jobs.view_job").pk],
        "groups": [make_group("Deleters", "jobs.delete_job").pk, make_group("Small").pk],
    }
    form = posted(manager.user, first_name="Max", **wanted) | extra
    assert manager.post(f"{USERS}{manager.user.pk}/change/", form).status_code in (200, 302)
    assert rights(manager.user) == before
    assert User.objects.get(pk=manager.user.pk).first_name == "Max"


@pytest.mark.parametrize("extra", SIDEWAYS)
@pytest.mark.parametrize("field", ["user_permissions", "groups"])
def test_a_manager_grants_no_right_that_they_lack(manager, field, extra):
    account = make_user()
    wanted = {
        "user_permissions": permission("jobs.delete_job").pk,
        "groups": make_group("Deleters", "jobs.delete_job", "jobs.view_job").pk,
    }
    form = posted(account, **{field: [wanted[field]]}) | extra
    refused = manager.post(f"{USERS}{account.pk}/change/", form)
    assert "Select a valid choice" in refused.content.decode()
    assert rights(account) == (True, False, False, set(), set())
    offered = refused.context["adminform"].form.fields[field].queryset
    assert not offered.filter(pk=wanted[field]).exists()


def test_a_manager_makes_no_superuser(manager):
    account = make_user()
    manager.post(f"{USERS}{account.pk}/change/", posted(account, is_superuser="on"))
    assert rights(account) == (True, False, False, set(), set())


@pytest.mark.parametrize("page", ["add/", "{}/change/"])
def test_a_new_account_has_no_rights_even_if_its_form_names_some(manager, page):
    strong = make_user(is_superuser=True, password="old-Passw0rd")
    before = state(strong)
    account = {
        "username": "new",
        "usable_password": "true",
        "password1": "Brand-n3w-1",
        "password2": "Brand-n3w-1",
    }
    wanted = {
        "is_superuser": "on",
        "is_staff": "on",
        "user_permissions": [permission("jobs.delete_job").pk],
    }
    manager.post(USERS + page.format(strong.pk), account | wanted | {"_saveasnew": "1"})
    assert rights(User.objects.get(username="new")) == (True, False, False, set(), set())
    assert state(strong) == before


def test_a_manager_grants_what_they_have(manager):
    account, group = make_user(), make_group("Viewers of jobs", "jobs.view_job")
    form = posted(
        account, is_staff="on", groups=[group.pk], user_permissions=[permission("jobs.view_job").pk]
    )
    assert manager.post(f"{USERS}{account.pk}/change/", form).status_code == 302
    assert rights(account) == (True, True, False, {group}, {permission("jobs.view_job")})
    assert manager.post(f"{USERS}{account.pk}/change/", posted(account)).status_code == 302
    assert rights(account) == (True, False, False, set(), set())


def test_a_manager_gives_an_account_within_their_rights_a_password_and_deletes_it(manager):
    account = make_user("jobs.view_job")
    form = {"password1": "Brand-n3w-one", "password2": "Brand-n3w-one", "usable_password": "true"}
    assert manager.post(f"{USERS}{account.pk}/password/", form).status_code == 302
    assert User.objects.get(pk=account.pk).check_password("Brand-n3w-one")
    assert manager.post(f"{USERS}{account.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=account.pk).exists()


@pytest.mark.parametrize("spelling", ["{}", "0{}", "%20{}"])
def test_the_own_password_is_changed_where_the_old_one_is_asked_for(manager, spelling):
    form = {"password1": "Brand-n3w-one", "password2": "Brand-n3w-one", "usable_password": "true"}
    answer = manager.post(f"{USERS}{spelling.format(manager.user.pk)}/password/", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/password_change/")
    assert User.objects.get(pk=manager.user.pk).check_password("old-Passw0rd")


def test_staff_delete_no_account_of_their_own(manager, admin_client):
    for client in (manager, admin_client):
        own = User.objects.get(pk=client.session["_auth_user_id"])
        assert client.post(f"{USERS}{own.pk}/delete/", {"post": "yes"}).status_code == 403
        ticked = {"action": "delete_selected", "post": "yes", "_selected_action": [own.pk]}
        assert client.post(USERS, ticked).status_code == 403
        assert User.objects.filter(pk=own.pk).exists()


def test_a_superuser_may_do_all_of_it(admin_client, stronger):
    group = make_group("Anything")
    form = posted(stronger, groups=[group.pk], is_superuser="on", user_permissions=[])
    assert admin_client.post(f"{USERS}{stronger.pk}/change/", form).status_code == 302
    assert rights(stronger)[2:] == (True, {group}, set())
    form = {"name": group.name, "permissions": [one.pk for one in Permission.objects.all()]}
    assert admin_client.post(f"{GROUPS}{group.pk}/change/", form).status_code == 302
    assert admin_client.post(f"{USERS}{stronger.pk}/delete/", {"post": "yes"}).status_code == 302


def test_a_permission_to_change_accounts_alone_makes_no_superuser(client):
    user = make_user("auth.change_user", is_staff=True)
    client.force_login(user)
    client.post(f"{USERS}{user.pk}/change/", posted(user, is_superuser="on"))
    assert rights(user) == (True, True, False, set(), {permission("auth.change_user")})


@pytest.mark.parametrize(
    "lookup", ["", "__gt", "__digest", "__digest__startswith", "__pk__startswith"]
)
def test_the_list_of_accounts_is_not_filtered_by_the_digests_of_their_tokens(manager, lookup):
    token, _ = ApiToken.objects.create(make_user(), name="of another account")
    assert manager.get(USERS, {f"jobs_api_tokens{lookup}": token.digest}).status_code == 400
