"""Celery's settings for one Redis, with TLS or behind Sentinel, from its URL."""

import ssl
from typing import Any
from urllib.parse import parse_qs

from redis.backoff import NoBackoff
from redis.retry import Retry

BROKER_SCHEMES = ("redis", "rediss", "sentinel", "sentinels")
# Without these two a hung Redis holds a submit for ever.
TIMEOUTS = {"socket_timeout": 1, "socket_connect_timeout": 1}


def broker_settings(url: str, ca_file: str = "", sentinel_password: str = "") -> dict[str, Any]:
    """Return `broker_url`, `broker_use_ssl` and the `options` of the transport.

    The certificate of a server is verified: by the CAs of this machine, and by those in `ca_file`.
    """
    # Not by urlsplit: newer Pythons refuse a list of servers with an IPv6 address.
    scheme = url.partition("://")[0]
    tls = _verified(ca_file) if scheme in ("rediss", "sentinels") else {}
    if not scheme.startswith("sentinel"):
        return {"broker_url": url, "broker_use_ssl": tls or None, "options": {}}
    password = {"password": sentinel_password} if sentinel_password else {}
    # redis-py's own retries take seconds for each Sentinel that is down.
    questions = TIMEOUTS | tls | password | {"ssl": bool(tls), "retry": Retry(NoBackoff(), 0)}
    options = {"master_name": _master_name(url), "sentinel_kwargs": questions}
    return {"broker_url": _sentinels(url), "broker_use_ssl": tls or None, "options": options}


def _verified(ca_file: str) -> dict[str, Any]:
    verified: dict[str, Any] = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    return verified | ({"ssl_ca_certs": ca_file} if ca_file else {})


def _master_name(url: str) -> str:
    """Return the name of the master: `?master_name=` of the URL, or Redis's own default."""
    return parse_qs(url.partition("?")[2]).get("master_name", ["mymaster"])[0]


def _sentinels(url: str) -> str:
    """Return a URL for each Sentinel, as kombu wants them."""
    servers, slash, database = url.partition("://")[2].partition("?")[0].partition("/")
    account, at, hosts = servers.rpartition("@")
    return ";".join(f"sentinel://{account}{at}{host}{slash}{database}" for host in hosts.split(","))
