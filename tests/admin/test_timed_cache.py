"""The cache of a web process."""

from jobs.admin.timed_cache import TimedCache


def test_a_value_is_kept_for_its_time_and_no_longer():
    cache = TimedCache(limit=10)
    cache.put("now", 1, seconds=60)
    cache.put("past", 2, seconds=0)
    assert cache.get("now") == 1
    assert cache.get("past") is None
    assert cache.get("never") is None
    cache.clear()
    assert cache.get("now") is None


def test_no_more_than_the_limit_are_kept_and_expired_ones_go_first():
    cache = TimedCache(limit=3)
    cache.put("lasting", 0, seconds=60)
    for number in range(20):
        cache.put(number, number, seconds=0)
    assert cache.get("lasting") == 0
    for number in range(20):
        cache.put(number, number, seconds=60)
    assert sum(cache.get(number) is not None for number in range(20)) <= 3
