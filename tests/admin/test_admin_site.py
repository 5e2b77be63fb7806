"""Pages of jobs work on any admin site, and without settings of ours."""

import re
from pathlib import Path

from django.conf import global_settings, settings

from jobs.app_settings import DEFAULTS

ROOT = Path(settings.BASE_DIR)
CODE = {
    one: one.read_text() for one in (ROOT / "jobs").rglob("*.py") if "migrations" not in str(one)
}
TEMPLATES = {one: one.read_text() for one in (ROOT / "templates/admin/jobs").rglob("*.html")}
# Pages that only the site Backoffice has: of accounts and sign-ins, and the home page.
OF_BACKOFFICE = {"accounts.py", "passwords.py", "sign_ins.py", "task_results.py"}
FRAMES = {"frame/page.html", "frame/change_list.html", "home/index.html"}
DOCUMENT = (ROOT / "docs/adopting.md").read_text()


def test_addresses_of_the_admin_are_those_of_its_site():
    found = {one.name for one, text in CODE.items() if re.search(r"reverse\(f?[\"']admin:", text)}
    assert found == {"admin_site.py"}


def test_code_asks_for_the_site_that_the_project_names():
    found = {one.name for one, text in CODE.items() if re.search(r"\badmin\.site\b(?!\")", text)}
    assert found - OF_BACKOFFICE <= {"apps.py"}  # which imports jobs.admin.site


def test_templates_extend_the_frame_that_brings_styles_and_scripts():
    extending = re.compile(r'{% extends "admin/(base_site|change_list)\.html" %}')
    found = {one for one, text in TEMPLATES.items() if extending.match(text)}
    assert {str(one.relative_to(ROOT / "templates/admin/jobs")) for one in found} == FRAMES


def test_each_setting_has_a_default_and_is_explained():
    read = {
        name
        for one, text in CODE.items()
        if one.name not in OF_BACKOFFICE
        for name in re.findall(r"\bsettings\.([A-Z][A-Z_]+)\b", text)
    }
    assert {one for one in read if not hasattr(global_settings, one)} <= set(DEFAULTS)
    assert [one for one in DEFAULTS if f"| `{one}` |" not in DOCUMENT] == []
