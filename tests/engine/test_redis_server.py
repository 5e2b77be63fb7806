"""What Celery gets for the URL of a Redis: TLS is verified, Sentinels are asked for the master."""

import ssl

import pytest

from jobs.engine.redis_server import broker_settings

VERIFIED = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}


def test_one_redis_is_used_as_it_is():
    assert broker_settings("redis://:x@host:1/2") == {
        "broker_url": "redis://:x@host:1/2", "broker_use_ssl": None, "options": {},
    }  # fmt: skip


@pytest.mark.parametrize(("file", "more"), [("", {}), ("/ca", {"ssl_ca_certs": "/ca"})])
def test_the_certificate_of_a_redis_with_tls_is_verified(file, more):
    found = broker_settings("rediss://host:1/2", ca_file=file)
    assert found["broker_use_ssl"] == VERIFIED | more


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sentinel://u:p%23@a:1,b:2,[::1]:3/4?master_name=jobs", "jobs"),
        ("sentinel://u:p%23@a:1,b:2,[::1]:3/4", "mymaster"),
    ],
)
def test_each_sentinel_has_a_url_with_the_account_and_database_of_the_master(url, name):
    found = broker_settings(url, sentinel_password="s")
    urls = [f"sentinel://u:p%23@{host}/4" for host in ("a:1", "b:2", "[::1]:3")]
    assert found["broker_url"] == ";".join(urls)
    assert found["broker_use_ssl"] is None
    assert found["options"]["master_name"] == name
    asked = found["options"]["sentinel_kwargs"]
    assert (asked["password"], asked["ssl"], asked["socket_timeout"]) == ("s", False, 1)


def test_sentinels_with_tls_are_verified_as_the_master_is():
    found = broker_settings("sentinels://a:1/0", ca_file="/ca")
    verified = VERIFIED | {"ssl_ca_certs": "/ca"}
    assert found["broker_url"] == "sentinel://a:1/0"
    assert found["broker_use_ssl"] == verified
    assert found["options"]["sentinel_kwargs"].items() >= (verified | {"ssl": True}).items()
