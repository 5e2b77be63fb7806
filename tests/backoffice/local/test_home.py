"""Secrets stay private, and PostgreSQL's account can enter its directories."""

import os
import re
import shutil
import stat
import subprocess

import pytest

from backoffice.local import home as local_home
from backoffice.local import servers
from backoffice.local.home import password, reachable, secret, write_private
from backoffice.local.processes import CannotRun

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root hands PostgreSQL to another account"
)


def may_enter(directory) -> bool:
    return (
        subprocess.run(
            ["test", "-x", directory], user="nobody", group="nogroup", extra_groups=[]
        ).returncode
        == 0
    )


def test_a_secret_is_made_once_and_is_ours_alone(empty_home):
    first = secret(empty_home / "key")
    assert secret(empty_home / "key") == first
    assert len(first) >= 50
    assert stat.S_IMODE((empty_home / "key").stat().st_mode) == 0o600


def test_a_password_is_one_that_a_person_can_type(empty_home):
    made = password(empty_home / "staff.password")
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", made)
    assert password(empty_home / "staff.password") == made
    assert password(empty_home / "another") != made


def test_a_private_file_is_replaced_whole_and_leaves_nothing_beside_it(empty_home):
    write_private(empty_home / "run.json", "a long first text")
    write_private(empty_home / "run.json", "second")
    assert (empty_home / "run.json").read_text() == "second"
    assert [file.name for file in empty_home.iterdir()] == ["run.json"]


@as_root
def test_a_reachable_directory_is_used_as_it_is(empty_home):
    assert reachable(empty_home / "new") == empty_home / "new"
    assert may_enter(empty_home / "new")


@as_root
def test_below_a_private_directory_another_one_stands_in_and_the_private_one_stays_private(
    empty_home,
):
    empty_home.chmod(0o700)
    stand_in = reachable(empty_home / "deep")
    try:
        assert stand_in != empty_home / "deep"
        assert may_enter(stand_in)
        assert reachable(empty_home / "deep") == stand_in
        assert not may_enter(empty_home)
    finally:
        shutil.rmtree(stand_in)


@as_root
def test_a_stand_in_that_somebody_else_made_is_refused(empty_home, monkeypatch):
    monkeypatch.setattr(local_home, "REPLACEMENTS", empty_home)
    hidden = empty_home / "hidden"
    hidden.mkdir(mode=0o700)
    stand_in = reachable(hidden / "deep")
    os.chown(stand_in, 12345, 12345)
    with pytest.raises(CannotRun, match="belongs to another account"):
        reachable(hidden / "deep")


@as_root
def test_a_stand_in_of_throw_away_servers_goes_with_them(empty_home, monkeypatch):
    (empty_home / "stand-ins").mkdir()
    monkeypatch.setattr(local_home, "REPLACEMENTS", empty_home / "stand-ins")
    (empty_home / "hidden").mkdir(mode=0o700)
    given = {"DATABASE_URL": "", "REDIS_URL": ""}
    with servers.running_servers(empty_home / "hidden" / "deep", given, durable=False):
        assert [*(empty_home / "stand-ins").iterdir()]
    assert not [*(empty_home / "stand-ins").iterdir()]
