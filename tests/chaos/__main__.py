"""`python -m tests.chaos SECONDS [SEED]`; the last line is the verdict.

The exit status is 0 if every invariant holds.
"""

import argparse
import collections
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psycopg2
import redis

from backoffice.local.home import DEFAULT, reachable
from tests.chaos.faults import FAULTS, End, Victims, start
from tests.chaos.load import Caller
from tests.faults import stack as stacks
from tests.faults.invariants import violations
from tests.faults.stack import Stack

CLIENTS = 5
WORKERS = 2
# A lost attempt is rescued within 9 s, a lost message published again within 5 s.
DRAIN_SECONDS = 120.0
ACTIVE = """
    SELECT id::text, type, status, attempt, publishes, worker, pid, started_at::text,
        lease_until::text, cancel_requested_at::text
    FROM jobs_job WHERE status IN ('PENDING', 'PROCESSING')"""
AWAY = (psycopg2.Error, redis.RedisError, OSError, IndexError)  # the victim is down already


def main(seconds: float, seed: int) -> int:
    """Run load and faults, heal, print the verdict; returns 1 if an invariant is broken."""
    again = f"make chaos SECONDS={seconds:g} SEED={seed}"
    print(f"Chaos for {seconds:g} s; to see these faults again: {again}")
    home = Path(tempfile.mkdtemp(dir=reachable(DEFAULT), prefix="chaos-"))
    home.chmod(0o711)
    with stacks.running(home) as stack:
        chaos = Chaos(stack, seed)
        chaos.run(seconds)
        found = chaos.settle()
        print(*found, sep="\n", end="\n" if found else "", flush=True)
        verdict = chaos.verdict(found)
    if found:
        print(f"The logs of all processes are in {home}.")
    else:
        shutil.rmtree(home, ignore_errors=True)
    print(verdict)
    return bool(found)


class Chaos:
    """One run; the seed decides faults, times and requests, but not who wins the races."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.stack = stack
        self.seed = seed
        self.dice = random.Random(seed)
        workers = [stack.worker(number=number) for number in range(1, WORKERS + 1)]
        self.programs = [stack.web, *workers, stack.upkeep()]
        self.victims = Victims(stack, workers, self.programs[-1], self.dice)
        self.callers = [Caller(stack.new_client(), f"{seed}-{number}") for number in range(CLIENTS)]
        self.faults: collections.Counter[str] = collections.Counter()
        self.endings: list[tuple[float, End]] = []
        self.drained_in = DRAIN_SECONDS

    def run(self, seconds: float) -> None:
        """Let the clients work, with a fault every 3 to 11 s: almost each kind in two minutes."""
        for caller in self.callers:
            caller.start()
        self.began_at = time.monotonic()
        for at, fault, hold in self._plan(seconds):
            while self._now() < at:
                self._end_faults()
                time.sleep(0.1)
            self._begin(fault, hold)
        for caller in self.callers:
            caller.stopped.set()
        for caller in self.callers:
            caller.join(60)

    def _plan(self, seconds: float) -> Iterable[tuple[float, str, float]]:
        """Draw times, faults and lengths before anything runs, so that only the seed decides."""
        plan: list[tuple[float, str, float]] = []
        deck: list[str] = []
        at = self.dice.uniform(3, 8)
        while at < seconds:
            # Each kind once before any comes again.
            deck = deck or self.dice.sample(FAULTS, len(FAULTS))
            plan.append((at, deck.pop(), self.dice.uniform(0.5, 12)))
            at += self.dice.uniform(3, 11)
        return [*plan, (seconds, "", 0)]

    def _begin(self, fault: str, hold: float) -> None:
        if not fault:
            return
        try:
            end = getattr(self.victims, fault)()
        except AWAY as error:
            print(
                f"{self._now():6.1f} s  {fault}: impossible just now ({type(error).__name__})",
                flush=True,
            )
            return
        self.faults[fault] += 1
        print(f"{self._now():6.1f} s  {fault}{f' for {hold:.1f} s' if end else ''}", flush=True)
        if end:
            self.endings.append((self._now() + hold, end))

    def _end_faults(self, before: float | None = None) -> None:
        for due in [one for one in self.endings if one[0] <= (before or self._now())]:
            self.endings.remove(due)
            try:
                due[1]()
            except psycopg2.Error:  # another fault has stopped PostgreSQL
                self.endings.append((self._now() + 1, due[1]))
        if not self.endings:
            for program in self.programs:  # those that ended because PostgreSQL was down
                if program.process and program.process.poll() is not None:
                    print(f"{self._now():6.1f} s  {program.name} starts again", flush=True)
                    program.start()

    def _now(self) -> float:
        return time.monotonic() - self.began_at

    def settle(self) -> list[str]:
        """Heal everything and wait until no job is active; returns the violations."""
        self._end_faults(before=float("inf"))
        for server in (self.stack.postgres, self.stack.broker):
            start(server)
            server.process.send_signal(signal.SIGCONT)
        self.stack.promote()
        self.stack.take_writes()
        found = [line for caller in self.callers for line in caller.wrong]
        found += [f"client {caller.prefix} hangs" for caller in self.callers if caller.is_alive()]
        end = time.monotonic() + DRAIN_SECONDS
        while self.stack.sql(ACTIVE) and time.monotonic() < end:
            self._end_faults()
            time.sleep(0.2)
        self.drained_in = DRAIN_SECONDS - (end - time.monotonic())
        found += violations(self.stack, *(caller.client for caller in self.callers))
        return found + [f"still active: {row}" for row in self.stack.sql(ACTIVE)]

    def verdict(self, found: list[str]) -> str:
        """The last line: OK or BROKEN, and the figures of the run."""
        clients = [caller.client for caller in self.callers]
        statuses = sum((caller.statuses for caller in self.callers), collections.Counter())
        ended = dict(
            self.stack.sql("SELECT status, count(*) FROM jobs_job GROUP BY status ORDER BY status")
        )
        [(again,)] = self.stack.sql("SELECT count(*) FROM jobs_job WHERE attempt > 1")
        figures = {
            "seed": self.seed,
            "faults": sum(self.faults.values()),
            "accepted": sum(len(client.accepted) for client in clients),
            "refused": sum(len(client.refused) for client in clients),
            "unknown": sum(len(client.unknown) for client in clients),
            **{
                f"answered_{status or 'nothing'}": count
                for status, count in sorted(statuses.items())
            },
            **{status.lower(): count for status, count in ended.items()},
            "ran_again": again,
            "lost": sum(line.startswith("accepted but lost") for line in found),
            "refused_but_there": sum(line.startswith("refused but there") for line in found),
            "doubled": sum("ran twice" in line or "two processes" in line for line in found),
            "violations": len(found),
            "drained_in": f"{self.drained_in:.1f}s",
        }
        words = " ".join(f"{name}={value}" for name, value in figures.items())
        return f"chaos: {'BROKEN' if found else 'OK'} {words}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed", type=int, nargs="?", default=None)
    chosen = parser.parse_args()
    sys.exit(main(chosen.seconds, random.randrange(10**6) if chosen.seed is None else chosen.seed))
