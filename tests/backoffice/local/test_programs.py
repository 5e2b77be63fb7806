"""The environment of the programs that run on this machine."""

import pytest

from backoffice.local.programs import environment
from backoffice.local.servers import Servers

ELSEWHERE = "postgres://elsewhere/site"


@pytest.mark.parametrize(("is_ours", "expected"), [(True, None), (False, ELSEWHERE)])
def test_a_direct_url_is_left_out_beside_a_server_of_our_own(
    tmp_path, monkeypatch, is_ours, expected
):
    monkeypatch.setenv("DATABASE_DIRECT_URL", ELSEWHERE)
    urls = {"DATABASE_URL": "postgres://here/site", "REDIS_URL": "redis://here/0"}
    started = {"DATABASE_URL": None} if is_ours else {}
    found = environment(tmp_path, Servers(urls, started=started))
    assert found.get("DATABASE_DIRECT_URL") == expected
