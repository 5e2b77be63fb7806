"""Why Redis can never be used as it is set up, which waiting does not fix."""

import re
from typing import Any

import redis
from kombu.exceptions import OperationalError

from jobs.engine.app import app

CLUSTER_FAULT = (
    "REDIS_URL leads to a Redis Cluster, which is not supported: a queue is one list on one server."
    " Use one Redis, or Sentinel for failover."
)
LEAST_REDIS = (6, 2)  # the oldest on which the tests run
REFUSED_CERTIFICATE = re.compile(r"certificate verify failed: (.*?)\.? \(_ssl")


def broker_fault() -> str:
    """Return a sentence with the fix; "" if Redis can be used, or does not answer now."""
    try:
        with app.connection_for_write() as connection:
            info = connection.default_channel.client.info()
    except (OperationalError, redis.exceptions.RedisError, OSError) as error:
        return tls_fault(str(error))
    return CLUSTER_FAULT if info.get("cluster_enabled") else _age_fault(info)


def _age_fault(info: dict[str, Any]) -> str:
    """Return a sentence about a server that is too old; "" for others, and for unknown ones."""
    version = str(info.get("redis_version", ""))
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) >= LEAST_REDIS:
        return ""
    least = ".".join(map(str, LEAST_REDIS))
    return (
        f"Redis {least} or later is required (found {version})."
        " Upgrade it, or name another server in REDIS_URL."
    )


def tls_fault(said: str) -> str:
    """Return a sentence about a refused certificate with its fix; "" for another error."""
    if (found := REFUSED_CERTIFICATE.search(said)) is None:
        return ""
    return (
        f"The certificate of Redis is refused: {found[1]}. Set REDIS_CA_FILE to the CA that signed"
        " it, and the host of REDIS_URL to a name in it."
    )
