"""What the tests of job types share: the broker, empty."""

from tests.services.conftest import redis as redis
