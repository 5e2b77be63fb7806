"""Names from people and programs: cut by bytes, in one spelling, harmless to the text around."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.safe_text import composed, file_name, isolated

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.parametrize("extension", [".csv", ".xlsx", ".tar.gz", ".документ", ""])
@pytest.mark.parametrize("letter", ["x", "ü", "電", "🎉"])
def test_a_long_file_name_keeps_its_extension_and_fits_on_a_disk(letter, extension):
    name = file_name(letter * 300 + extension)
    assert name.endswith(extension)
    assert name.startswith(letter * 20)
    assert len(name) <= 200
    assert len(name.encode()) <= 255


def test_the_longest_names_that_fit_are_kept_as_they_are():
    for name in ("x" * 196 + ".csv", "電" * 83 + ".xlsx", "🎉" * 62 + ".tar.gz"):
        assert file_name(name) == name


def test_long_names_that_differ_at_their_end_stay_different():
    names = {file_name("電" * 100 + f"-part-{number}.csv") for number in range(50)}
    assert len(names) == 50


def test_a_name_of_megabytes_is_cut_like_any_other():
    assert len(file_name("x" * 10_000_000 + ".csv")) == 200


@given(any_text)
@example("." * 300)
@example("a." + "b" * 300)
@example("a" * 198 + "é" * 3)
def test_any_text_makes_a_file_name_that_a_disk_takes(text):
    name = file_name(text)
    assert 0 < len(name) <= 200
    assert len(name.encode()) <= 255
    assert name not in (".", "..")
    assert not set(name) & set("/\\\x00")
    assert file_name(name) == name


def test_a_file_name_is_spelled_one_way():
    decomposed = unicodedata.normalize("NFD", "Übersicht José 한국.csv")
    assert file_name(decomposed) == "Übersicht José 한국.csv"


@pytest.mark.parametrize("text", ["Report", "Übersicht 電", "a (b) [c] 1–2", ""])  # noqa: RUF001
def test_text_from_left_to_right_is_shown_as_it_is(text):
    assert isolated(text) == text


@pytest.mark.parametrize("text", ["שלום", "تقرير 2026", "Report שלום"])
def test_text_from_right_to_left_is_isolated_from_what_stands_beside_it(text):
    assert isolated(text) == f"\u2068{text}\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202egpj.exe", "[U+202E]gpj.exe"),
        ("a\u2069\u202eb", "a[U+2069][U+202E]b"),
        ("a\u2066b\u2067c\u2068d", "a[U+2066]b[U+2067]c[U+2068]d"),
        ("a\u202ab\u202bc\u202dd\u202c", "a[U+202A]b[U+202B]c[U+202D]d[U+202C]"),
        ("a\u2028b\u2029c", "a[U+2028]b[U+2029]c"),
        ("\u202eדג", "\u2068[U+202E]דג\u2069"),
    ],
)
def test_controls_that_reorder_text_are_shown(text, shown):
    assert isolated(text) == shown


@given(any_text)
def test_nothing_leaves_its_isolation(text):
    shown = isolated(text).removeprefix("\u2068").removesuffix("\u2069")
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
    )


@given(any_text)
def test_a_composed_text_is_composed_once(text):
    assert composed(composed(text)) == composed(text)


@pytest.mark.parametrize("name", ["", " ", "   ", ".", "..", " .. "])
def test_a_file_name_without_anything_to_see_becomes_an_underscore(name):
    assert file_name(name) == "_"
