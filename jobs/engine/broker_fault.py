"""Why Redis can never be used as it is set up, which time does not mend."""

import re

import redis
from kombu.exceptions import OperationalError

from jobs.engine.app import app

CLUSTER_FAULT = (
    "REDIS_URL leads to a Redis Cluster, which is not supported: a queue is one list on one server."
    " Use one Redis, or Sentinel for failover."
)
REFUSED_CERTIFICATE = re.compile(r"certificate verify failed: (.*?)\.? \(_ssl")


def broker_fault() -> str:
    """Return a sentence with the fix; "" if Redis can be used, or does not answer now."""
    try:
        with app.connection_for_write() as connection:
            is_cluster = connection.default_channel.client.info("cluster").get("cluster_enabled")
    except (OperationalError, redis.exceptions.RedisError, OSError) as error:
        return tls_fault(str(error))
    return CLUSTER_FAULT if is_cluster else ""


def tls_fault(said: str) -> str:
    """Return a sentence about a refused certificate with its fix; "" for another error."""
    if (found := REFUSED_CERTIFICATE.search(said)) is None:
        return ""
    return (
        f"The certificate of Redis is refused: {found[1]}. Set REDIS_CA_FILE to the CA that signed"
        " it, and the host of REDIS_URL to a name in it."
    )
