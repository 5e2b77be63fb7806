"""Static files stay where they are while they are collected again beside a running site."""

import re

import pytest

from tests.support.processes import manage

HASHED = re.compile(r"\.[0-9a-f]{12}\.")


@pytest.fixture
def collect(tmp_path):
    def run():
        done = manage("collectstatic", "--noinput", STATIC_ROOT=str(tmp_path))
        assert done.returncode == 0, done.stderr
        return {
            path: path.stat().st_ino for path in tmp_path.rglob("*.[0-9a-f]*") if path.is_file()
        }

    return run


def test_files_named_after_their_content_are_not_replaced_by_the_same(collect):
    before = collect()
    assert len(before) > 100
    assert any(path.name.endswith(".gz") for path in before)
    assert collect() == before


def test_a_part_of_a_file_that_an_interruption_left_is_written_again(collect, tmp_path):
    before = collect()
    [script] = tmp_path.glob("jobs/base/session.????????????.js")
    [packed] = tmp_path.glob("jobs/base/session.????????????.js.gz")
    whole, whole_packed = script.read_bytes(), packed.read_bytes()
    script.write_bytes(whole[:20])
    packed.write_bytes(whole_packed[:20])
    assert set(collect()) == set(before)
    assert script.read_bytes() == whole
    assert len(packed.read_bytes()) == len(whole_packed)
