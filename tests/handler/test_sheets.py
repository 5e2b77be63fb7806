"""The writers of tables: every value arrives, and no spreadsheet runs a text."""

import csv
import json
import os
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from jobs.handler import sheets, xlsx
from jobs.handler.sheets import Column, Kind

NAME = Column("name", "Name")
ID = UUID("0197a000-0000-7000-8000-000000000001")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TABLE = (
    NAME,
    Column("id", "Id"),
    Column("count", "Count", Kind.NUMBER),
    Column("seconds", "Seconds", Kind.SECONDS),
    Column("at", "At", Kind.MOMENT),
    Column("day", "Day", Kind.DAY),
)
ROW = ('a, "b"\nc', ID, -7, 0.125, NOON, date(2026, 3, 10))


def as_csv(columns, rows):
    file = BytesIO()
    sheets.write_csv(file, columns, rows)
    return list(csv.reader(StringIO(file.getvalue().decode("utf-8-sig"), newline="")))


def as_json_lines(columns, rows):
    file = BytesIO()
    sheets.write_json_lines(file, columns, rows)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def as_xlsx(columns, rows):
    file = BytesIO()
    with xlsx.workbook(file) as book:
        book.add_table(book.add_sheet("Table", columns), columns, rows)
    return load_workbook(file)["Table"]


def test_csv_holds_every_value():
    assert as_csv(TABLE, [ROW, (None,) * 6]) == [
        ["name", "id", "count", "seconds", "at", "day"],
        ['a, "b"\nc', str(ID), "-7", "0.125", "2026-03-10T12:00:00+00:00", "2026-03-10"],
        [""] * 6,
    ]


def test_csv_says_that_it_is_utf8():
    file = BytesIO()
    sheets.write_csv(file, [NAME], [["Grüße"]])
    assert file.getvalue() == "\ufeffname\r\nGrüße\r\n".encode()


def test_json_lines_hold_every_value_as_it_is():
    assert as_json_lines(TABLE, [("=1+1", *ROW[1:])]) == [
        {
            "name": "=1+1",
            "id": str(ID),
            "count": -7,
            "seconds": 0.125,
            "at": "2026-03-10T12:00:00+00:00",
            "day": "2026-03-10",
        }
    ]


def test_xlsx_holds_numbers_as_numbers_and_times_in_utc_as_the_header_says(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    sheet = as_xlsx(TABLE, [ROW])
    assert [cell.value for cell in sheet[2]] == [
        'a, "b"\nc',
        str(ID),
        -7,
        0.125,
        datetime(2026, 3, 10, 12),
        datetime(2026, 3, 10),
    ]
    assert sheet["E2"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert [cell.value for cell in sheet[1]] == [
        "Name",
        "Id",
        "Count",
        "Seconds",
        "At (UTC)",
        "Day",
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_times_of_the_hour_that_comes_twice_keep_their_order(settings, zone):
    settings.TIME_ZONE = zone
    first = datetime(2026, 10, 24, 0, tzinfo=UTC)
    moments = [
        (first + timedelta(minutes=10 * number)).astimezone(ZoneInfo(zone))
        for number in range(3_000)
    ]
    sheet = as_xlsx([Column("at", "At", Kind.MOMENT)], [[moment] for moment in moments])
    written = [cell.value for [cell] in sheet["A2:A3001"]]
    assert written == [moment.astimezone(UTC).replace(tzinfo=None) for moment in moments]


@pytest.mark.parametrize("letter", ["x", "é", "電", "🎉"])
def test_a_text_longer_than_a_cell_is_cut_with_a_mark_and_counted(letter):
    file = BytesIO()
    with xlsx.workbook(file) as book:
        last = book.add_table(
            book.add_sheet("Table", [NAME]), [NAME], [[letter * 40_000], ["short"]]
        )
    assert (last, book.cut_cells) == (2, 1)
    text = load_workbook(file)["Table"]["A2"].value
    assert text.startswith(letter * 16_000)
    assert text.endswith(letter + "… (cut)")
    assert 32_765 <= len(text.encode("utf-16-le")) / 2 <= 32_767


def test_the_longest_text_that_a_cell_holds_is_not_cut():
    for text in ("x" * 32_767, "🎉" * 16_383):
        assert as_xlsx([NAME], [[text]])["A2"].value == text


def test_csv_and_json_lines_hold_a_text_of_any_length_whole():
    text = "x" * 100_000
    assert as_json_lines([NAME], [[text]]) == [{"name": text}]
    file = BytesIO()
    sheets.write_csv(file, [NAME], [[text]])
    assert file.getvalue().decode("utf-8-sig") == f"name\r\n{text}\r\n"


@pytest.mark.parametrize("start", sheets.FORMULA_STARTS)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(start):
    text = f"{start}cmd|' /C calc'!A0"
    assert as_csv([NAME], [[text]])[1] == [f"'{text}"]
    assert as_xlsx([NAME], [[text]])["A2"].value.startswith("'")


def test_a_negative_number_stays_a_number():
    count = Column("count", "Count", Kind.NUMBER)
    assert as_csv([count], [[-1]])[1] == ["-1"]
    assert as_xlsx([count], [[-1]])["A2"].value == -1


@hypothesis_settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_no_text_becomes_a_formula_or_breaks_a_file(text):
    cell = as_xlsx([NAME], [[text]])["A2"]
    assert cell.data_type in ("s", "n")
    [_, [written]] = as_csv([NAME], [[text]])
    assert written.removeprefix("'") == text.removeprefix("'")
    assert not written.startswith(sheets.FORMULA_STARTS)


@pytest.mark.parametrize("text", ["<r><t>x</t></r>", "<r></oops></r>"])
def test_a_text_is_never_taken_for_xml(text):
    assert as_xlsx([NAME], [[text]])["A2"].value == f"'{text}"


def test_a_workbook_that_fails_half_way_leaves_no_files_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    written = []

    def rows():
        yield ["x"]
        written.extend(tmp_path.rglob("*/*"))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        as_xlsx([NAME], rows())
    assert written
    assert not list(tmp_path.iterdir())


def test_the_file_stays_open_for_its_owner():
    file = BytesIO()
    sheets.write_csv(file, [NAME], [])
    sheets.write_json_lines(file, [NAME], [["x"]])
    assert not file.closed


def test_lists_and_objects_are_themselves_in_json_lines_and_json_text_in_a_cell():
    value = {"to": ["é", 1]}
    lines, table = BytesIO(), BytesIO()
    sheets.write_json_lines(lines, [NAME], [(value,)])
    sheets.write_csv(table, [NAME], [(value,)])
    assert json.loads(lines.getvalue()) == {"name": value}
    [[_, cell]] = [[row[0] for row in csv.reader(StringIO(table.getvalue().decode("utf-8-sig")))]]
    assert cell == '{"to": ["é", 1]}'


def test_a_workbook_clears_away_what_killed_workers_left_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, at_work, foreign = (
        tmp_path / name for name in ("backoffice-xlsx-1", "backoffice-xlsx-2", "other")
    )
    for directory in (left, at_work, foreign):
        directory.mkdir()
        (directory / "sheet").write_text("x")
    for directory in (left, foreign):
        os.utime(directory, (time.time() - 25 * 3600,) * 2)
    with xlsx.workbook(BytesIO()) as book:
        book.add_sheet("One", [NAME])
    assert set(tmp_path.iterdir()) == {at_work, foreign}
