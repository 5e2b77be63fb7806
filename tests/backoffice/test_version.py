"""The version is defined once, and the places that show or repeat it agree."""

import re

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from backoffice import __version__
from tests.support.factories import make_user

ROOT = settings.BASE_DIR


def test_the_version_is_a_semantic_one():
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_image_of_every_service_of_ours_has_the_version_as_its_tag():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ours = {name: one["image"] for name, one in services.items() if name not in ("db", "redis")}
    assert set(ours) == {"migrate", "web", "worker", "maintenance", "upkeep"}
    assert set(ours.values()) == {f"backoffice:{__version__}"}


def test_the_changelog_begins_with_what_is_unreleased_and_then_the_version():
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:2] == ["Unreleased", __version__]


@pytest.mark.django_db
@pytest.mark.usefixtures("own_files")
def test_healthz_names_the_version(client):
    client.force_login(make_user(is_staff=True))
    assert client.get("/healthz").json()["version"] == __version__


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["index", "jobs_job_changelist", "password_change"])
def test_the_footer_of_the_admin_names_the_version(admin_client, page):
    content = admin_client.get(reverse(f"admin:{page}")).content.decode()
    footer = re.search(r'<footer id="footer">(.*?)</footer>', content, re.DOTALL)
    assert footer[1].strip() == f'<p class="version">Backoffice {__version__}</p>'


@pytest.mark.django_db
def test_visitors_who_are_not_signed_in_do_not_see_the_version(client):
    assert __version__ not in client.get(reverse("admin:login")).content.decode()
