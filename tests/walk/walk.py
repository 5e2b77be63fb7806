"""A random walk over everything that can happen to jobs, beside a model of what each step must do.

The database is real and every step calls the project's own functions; only the broker is replaced.
"""

from functools import partial

from hypothesis.stateful import invariant

from jobs.models import SETTLED
from tests.walk.broker import Fate
from tests.walk.check import check, forget_everything
from tests.walk.model import MAX_ATTEMPTS
from tests.walk.requests import Requests
from tests.walk.upkeep import Upkeep
from tests.walk.workers import Workers


class Walk(Requests, Workers, Upkeep):
    """The steps, in any order."""

    @invariant()
    def the_database_is_as_the_model_says(self):
        check(self)

    def teardown(self):
        try:
            self._heal_and_drain()
        finally:
            forget_everything()

    def _heal_and_drain(self):
        for index in range(len(self.attempts)):
            self.lose_child(index, Fate())
        for _ in range(len(self.holds)):
            self.release_hold(0)
        # Each round ends one job of the limited type.
        for _ in range(max(MAX_ATTEMPTS.values()) + 8):
            self.let_parked_jobs_in(Fate())
            self.republish(Fate())
            self.republish(Fate())  # only what waited in two passes is published again
            while self.broker.messages:
                self.deliver(0, False, True)
            for step in (self.write, self.renew_lease, partial(self.settle, status="COMPLETED")):
                # The oldest first: they have lost their jobs.
                for index in range(len(self.attempts)):
                    step(index)
        self.the_database_is_as_the_model_says()
        assert all(job.status in SETTLED for job in self.jobs.values())
