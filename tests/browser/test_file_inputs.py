"""The file input of a launch form: chosen, refused, kept, and found on the page of the job."""

import hashlib

import pytest
from playwright.sync_api import expect

from jobs.models import Job
from tests.browser.test_every_page import wrong_in_both_themes
from tests.support import people
from tests.support.uploads import ROWS, OneFile, read_files

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files", "redis"),
]

ADDRESS = "/admin/jobs/job/launch/reader/"
LIMIT = 5_000


@pytest.fixture(autouse=True)
def reader(make_type):
    options = {"upload_kinds": (".csv", "text/*"), "upload_limit": LIMIT}
    return make_type(read_files, slug="reader", label="Import rows", form=OneFile, **options)


@pytest.fixture
def files(tmp_path):
    """Paths of files, by their names."""
    contents = {"rows.csv": ROWS, "program.exe": b"MZ", "large.csv": b"x" * (LIMIT + 1)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


def file_input(page):
    return page.locator("input[type=file]").first


def send(page):
    page.get_by_role("button", name="Launch job").click()


def test_a_chosen_file_is_on_the_page_of_the_job_with_size_hash_and_download(page, files):
    page.goto(ADDRESS)
    file_input(page).set_input_files(files["rows.csv"])
    expect(page.locator("#curl")).to_contain_text("--data-binary @rows.csv")
    send(page)
    link = page.get_by_role("link", name="rows.csv (25 bytes)")
    expect(link).to_be_visible()
    sha256 = hashlib.sha256(ROWS).hexdigest()
    expect(page.locator(".digest")).to_have_text(f"SHA-256 {sha256}")
    with page.expect_download() as downloading:
        link.click()
    assert downloading.value.path().read_bytes() == ROWS
    assert downloading.value.suggested_filename == "rows.csv"


def test_wrong_files_are_refused_with_a_sentence_and_the_other_entries_stay(page, files):
    page.goto(ADDRESS)
    page.get_by_label("Name").fill("Autumn import")
    page.get_by_label("Count").fill("3")
    file_input(page).set_input_files(files["program.exe"])
    send(page)
    expect(page.locator(".errorlist")).to_contain_text("Send .csv, text/*.")
    expect(page.get_by_label("Name")).to_have_value("Autumn import")
    expect(page.get_by_label("Count")).to_have_value("3")
    file_input(page).set_input_files(files["large.csv"])
    expect(page.locator(".too-large").first).to_contain_text("larger than the limit of 4.9 KB")
    send(page)  # is not sent
    expect(file_input(page)).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Autumn import")
    file_input(page).set_input_files(files["rows.csv"])
    expect(page.locator(".too-large").first).to_be_hidden()
    page.get_by_label("Count").fill("99")
    send(page)
    expect(page.locator(".errorlist")).to_contain_text("less than or equal to 9")
    expect(page.locator(".chosen-file")).to_contain_text("rows.csv 25 bytes")
    assert not Job.objects.exists()
    page.get_by_label("Count").fill("4")
    send(page)
    expect(page.locator(".job-title .badge")).to_have_text("Pending")
    assert Job.objects.get().name == "Autumn import"
    assert Job.objects.get().uploads.get().name == "rows.csv"


def test_a_file_too_large_is_refused_by_the_server_without_javascript(open_as, operator, files):
    page = open_as(operator, java_script_enabled=False)
    page.goto(ADDRESS)
    page.get_by_label("Name").fill("Autumn import")
    file_input(page).set_input_files(files["large.csv"])
    send(page)
    expect(page.locator(".errorlist")).to_contain_text("larger than the limit of 4.9 KB")
    expect(page.get_by_label("Name")).to_have_value("Autumn import")
    file_input(page).set_input_files(files["rows.csv"])
    send(page)
    expect(page.get_by_role("link", name="rows.csv (25 bytes)")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_form_and_job_with_files_have_no_serious_finding(open_as, files, width):
    page = open_as(people.operator(username="otto"), viewport={"width": width, "height": 900})
    page.goto(ADDRESS)
    assert wrong_in_both_themes(page) == []
    page.get_by_label("Count").fill("99")
    page.locator("input[type=file]").last.set_input_files(files["rows.csv"])
    file_input(page).set_input_files(files["program.exe"])
    send(page)
    expect(page.locator(".errorlist").first).to_be_visible()
    file_input(page).set_input_files(files["large.csv"])
    assert wrong_in_both_themes(page) == []
    page.get_by_label("Count").fill("1")
    file_input(page).set_input_files(files["rows.csv"])
    send(page)
    expect(page.locator(".digest").first).to_be_visible()
    assert wrong_in_both_themes(page) == []
