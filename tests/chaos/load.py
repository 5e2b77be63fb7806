"""External systems that submit, repeat what was not answered, cancel, and keep a log of what they were told."""

import http.client
import random
import threading
from collections import Counter
from typing import Any

from tests.faults.client import Client

KINDS = {"quick": 10, "steady": 5, "twice": 5, "slow": 1, "rogue": 1}
MODES = ("raise", "exit", "os_exit", "not_json")
REPEATS = 5  # under one key, until there is an answer
UNANSWERED = 0  # stands for a status: the connection broke


class Caller(threading.Thread):
    """One client; what it was told for good stands in `client.accepted`, `.refused` and `.unknown`."""

    def __init__(self, client: Client, seed: str) -> None:
        super().__init__(daemon=True)
        self.client = client
        self.random = random.Random(seed)
        self.prefix = seed
        self.stopped = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []

    def run(self) -> None:
        """Ask for something about once a second until stopped."""
        number = 0
        while not self.stopped.wait(self.random.uniform(0.2, 1.2)):
            number += 1
            if self.client.accepted and self.random.random() < 0.1:
                recent = self.client.accepted[-5:]
                self._ask(f"/api/v1/jobs/{self.random.choice(recent)}/cancel/", {})
            else:
                self._submit(f"{self.prefix}-{number}")

    def _submit(self, name: str) -> None:
        kind = self.random.choices(list(KINDS), weights=list(KINDS.values()))[0]
        keyed = self.random.random() < 0.3
        body = {"name": name, "type": kind, "params": self._params(kind)}
        told: list[int] = []
        for _ in range(REPEATS if keyed else 1):
            status, job = self._ask("/api/v1/jobs/", body, **({"Idempotency-Key": name} if keyed else {}))
            told.append(status)
            if status == 201 or self.stopped.wait(0.5):
                break
        self._note(name, told, job)

    def _params(self, kind: str) -> dict[str, Any]:
        if kind == "rogue":
            return {"mode": self.random.choice(MODES)}
        return {} if kind == "quick" else {"seconds": round(self.random.uniform(0.1, 1.5), 2)}

    def _note(self, name: str, told: list[int], job: dict[str, Any]) -> None:
        """What all the answers to one submission amount to: one 201 is a promise; 503 alone is a refusal."""
        if told[-1] == 201:
            self.client.accepted.append(job["id"])
        elif set(told) == {503}:
            self.client.refused.append(name)
        else:
            self.client.unknown.append(name)

    def _ask(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
        try:
            answer = self.client.ask("POST", path, body, **headers)
        except (OSError, http.client.HTTPException, ValueError):
            self.statuses[UNANSWERED] += 1
            return UNANSWERED, {}
        self.statuses[answer.status] += 1
        if answer.status not in (200, 201, 202, 404, 409, 503, 504):
            self.wrong.append(f"answered {answer.status} to POST {path}: {answer.body}")
        return answer.status, answer.body
