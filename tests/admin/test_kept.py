"""Values that a web process keeps for a moment."""

from jobs.admin.kept import Kept


def test_a_value_is_kept_for_its_time_and_no_longer():
    kept = Kept(limit=10)
    kept.keep("now", 1, seconds=60)
    kept.keep("past", 2, seconds=0)
    assert kept.get("now") == 1
    assert kept.get("past") is None
    assert kept.get("never") is None
    kept.clear()
    assert kept.get("now") is None


def test_no_more_than_the_limit_are_kept_and_expired_ones_go_first():
    kept = Kept(limit=3)
    kept.keep("lasting", 0, seconds=60)
    for number in range(20):
        kept.keep(number, number, seconds=0)
    assert kept.get("lasting") == 0
    for number in range(20):
        kept.keep(number, number, seconds=60)
    assert sum(kept.get(number) is not None for number in range(20)) <= 3
