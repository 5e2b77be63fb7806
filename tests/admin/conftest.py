"""What the admin's tests share: the broker as the services' tests have it."""

from tests.services.conftest import broken_redis, redis

__all__ = ["broken_redis", "redis"]
