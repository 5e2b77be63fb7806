"""Users and API clients in the browser: how few clicks lead to what staff want to know or make."""

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from jobs.models import ApiToken, Source, Status
from tests.browser.test_pages import seriously_wrong
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"


@pytest.fixture
def clicks():
    """Clicks on links and buttons, which `click` counts."""
    return []


def click(clicks, page, role, name):
    """Click, and count it."""
    page.get_by_role(role, name=name, exact=True).first.click()
    clicks.append(name)


@pytest.fixture
def erp():
    """A service account whose token submitted three jobs today."""
    erp = make_user(username="erp")
    token, _ = ApiToken.objects.create(erp, name="erp-import")
    of_token = {"created_by": erp, "created_by_name": "erp", "source": Source.API}
    of_token |= {"token_id": token.public_id, "token_name": "erp-import"}
    for status in (Status.COMPLETED, Status.COMPLETED, Status.FAILED):
        make_job(status=status, **of_token)
    return erp


def test_what_a_client_submitted_today_takes_two_clicks(page, clicks, erp):
    page.goto("/admin/")
    click(clicks, page, "link", "Jobs")
    click(clicks, page, "link", "erp-import")
    expect(page.get_by_role("heading", level=1)).to_have_text("erp-import")
    assert len(clicks) <= 2
    expect(page.locator(".panel-head", has_text="Today")).to_contain_text("3 jobs")
    expect(page.locator(".status-counts [data-status=COMPLETED] .number")).to_have_text("2")
    expect(page.locator(".status-counts .success .number")).to_have_text("66 %")
    page.locator(".status-counts [data-status=FAILED] a").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


def test_a_token_for_a_colleague_takes_four_clicks(open_as, clicks):
    make_user("jobs.add_job", username="jonas")
    page = open_as(people.superuser())
    page.goto("/admin/")
    click(clicks, page, "link", "API tokens")
    click(clicks, page, "link", "Make token")
    click(clicks, page, "radio", "Another account")
    page.get_by_label("Account", exact=True).fill("jonas")
    page.get_by_label("Name", exact=True).fill("warehouse")
    click(clicks, page, "button", "Make token")
    expect(page.locator("#token")).to_be_visible()
    assert len(clicks) <= 4
    assert ApiToken.objects.get().user.username == "jonas"


def test_a_service_account_is_made_on_the_page_of_the_token_without_javascript(open_as):
    page = open_as(people.superuser(), java_script_enabled=False)
    page.goto("/admin/jobs/apitoken/add/")
    expect(page.get_by_label("Name of the service account")).to_be_hidden()
    page.get_by_label("A new service account").check()
    page.get_by_label("Name of the service account").fill("erp")
    page.get_by_label("Name", exact=True).fill("erp-import")
    page.get_by_role("button", name="Make token").click()
    expect(page.locator("#token")).to_be_visible()
    assert ApiToken.objects.get().user.username == "erp"


def stock_pages(account) -> list[str]:
    """The addresses of Django's own forms and lists, with a row in each list."""
    attempt = {"username": "erp", "ip_address": "10.0.0.1", "user_agent": "Firefox"}
    locked = AccessAttempt.objects.create(**attempt, failures_since_start=5)
    AccessLog.objects.create(**attempt)
    group = Group.objects.create(name="Night shift")
    account.groups.add(group)
    users, groups, axes = "/admin/auth/user/", "/admin/auth/group/", "/admin/axes/"
    return [
        *(users, f"{users}add/", f"{users}{account.pk}/change/", f"{users}{account.pk}/password/"),
        *(groups, f"{groups}add/", f"{groups}{group.pk}/change/"),
        *(f"{axes}accessattempt/", f"{axes}accessattempt/{locked.pk}/change/", f"{axes}accesslog/"),
        *("/admin/password_change/", "/admin/jobs/auditentry/"),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_on_the_pages_of_people(open_as, erp, theme, width):
    staff = people.superuser()
    page = open_as(staff, viewport={"width": width, "height": 844}, color_scheme=theme)
    token = ApiToken.objects.get()
    wrong = {}
    for address in (
        f"/admin/jobs/job/requesters/{erp.pk}/",
        f"/admin/jobs/apitoken/{token.public_id}/requests/",
        "/admin/jobs/apitoken/",
        "/admin/jobs/apitoken/add/",
        "/admin/jobs/apitoken/add/?account=erp",
        *stock_pages(erp),
    ):
        page.goto(address)
        for folded in page.locator("fieldset.collapse summary").all():
            folded.click()
        wrong[address] = seriously_wrong(page)
    page.context.clear_cookies()
    page.goto("/admin/login/")
    wrong["login"] = seriously_wrong(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert {address: found for address, found in wrong.items() if found} == {}
