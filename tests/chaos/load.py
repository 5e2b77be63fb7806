"""External systems: submit, repeat unanswered requests, cancel, rerun, log every answer."""

import http.client
import random
import threading
from collections import Counter
from typing import Any

from tests.faults.client import Client

KINDS = {"quick": 20, "steady": 4, "twice": 6, "stubborn": 3, "slow": 1, "rogue": 1}
KINDS |= {"three": 6, "each_one": 4}  # those with a limit
MODES = ("raise", "exit", "os_exit", "not_json")
ACTIONS = {"submit": 75, "batch": 3, "cancel": 12, "rerun": 5, "replay": 5}
PAUSE_SECONDS = (0.05, 0.45)  # five clients send about 20 requests a second
REPEATS = 5  # under one key, until there is an answer
UNANSWERED = 0  # stands for a status: the connection broke
EXPECTED = (200, 201, 202, 404, 409, 503, 504)


class Caller(threading.Thread):
    """One client; its final answers are in `client.accepted`, `.refused` and `.unknown`."""

    def __init__(self, client: Client, seed: str) -> None:
        super().__init__(daemon=True)
        self.client = client
        self.random = random.Random(seed)
        self.prefix = seed
        self.stopped = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        # Key, job and body of what was accepted under a key.
        self.keyed: list[tuple[str, str, dict[str, Any]]] = []

    def run(self) -> None:
        """Send a few requests a second until stopped."""
        number = 0
        while not self.stopped.wait(self.random.uniform(*PAUSE_SECONDS)):
            number += 1
            [action] = self.random.choices(list(ACTIONS), weights=list(ACTIONS.values()))
            getattr(self, f"_{action}")(f"{self.prefix}-{number}")

    def _submit(self, name: str) -> None:
        body = self._body(name)
        self._ask_for("/api/v1/jobs/", body, [name], name if self.random.random() < 0.5 else "")

    def _batch(self, name: str) -> None:
        names = [f"{name}-{number}" for number in range(self.random.randint(2, 20))]
        self._ask_for(
            "/api/v1/jobs/batch/", {"jobs": [self._body(one) for one in names]}, names, name
        )

    def _rerun(self, name: str) -> None:
        if self.client.accepted:
            settled = self.random.choice(self.client.accepted[-200:])
            # It keeps the name of the first job, so no name can show a refused one.
            self._ask_for(f"/api/v1/jobs/{settled}/rerun/", {}, [], name)

    def _cancel(self, name: str) -> None:
        if self.client.accepted:
            self._ask(f"/api/v1/jobs/{self.random.choice(self.client.accepted[-5:])}/cancel/", {})

    def _replay(self, name: str) -> None:
        """Repeat a request under its key: the answer must name the same job."""
        if self.keyed:
            key, job_id, body = self.random.choice(self.keyed[-50:])
            status, job = self._ask("/api/v1/jobs/", body, **{"Idempotency-Key": key})
            if status in (200, 201) and job["id"] != job_id:
                self.wrong.append(f"key {key} was answered with {job['id']} after {job_id}")

    def _body(self, name: str) -> dict[str, Any]:
        [kind] = self.random.choices(list(KINDS), weights=list(KINDS.values()))
        return {"name": name, "type": kind, "params": self._params(kind)}

    def _params(self, kind: str) -> dict[str, Any]:
        if kind == "rogue":
            return {"mode": self.random.choice(MODES)}
        if kind == "quick":
            return {}
        params: dict[str, Any] = {"seconds": round(self.random.uniform(0.05, 0.8), 2)}
        return params | ({"customer": self.random.choice("abc")} if kind == "each_one" else {})

    def _ask_for(self, path: str, body: dict[str, Any], names: list[str], key: str) -> None:
        """Submit jobs; under a key, repeat while the outcome is unknown."""
        answers: list[int] = []
        for _ in range(REPEATS if key else 1):
            status, answer = self._ask(path, body, **({"Idempotency-Key": key} if key else {}))
            answers.append(status)
            if status not in (UNANSWERED, 503, 504) or self.stopped.wait(0.5):
                break
        self._note(answers, names, answer.get("results", [answer]))
        if answers[-1] == 201 and key and path.endswith("/jobs/"):
            self.keyed.append((key, answer["id"], body))

    def _note(self, answers: list[int], names: list[str], jobs: list[dict[str, Any]]) -> None:
        """Sum up the answers to one request: one 201 is a promise, only 503s are a refusal."""
        if answers[-1] in (200, 201):
            self.client.accepted += [job["id"] for job in jobs]
        elif set(answers) == {503}:
            self.client.refused += names
        else:
            self.client.unknown += names

    def _ask(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
        try:
            answer = self.client.ask("POST", path, body, **headers)
        except (OSError, http.client.HTTPException, ValueError):
            self.statuses[UNANSWERED] += 1
            return UNANSWERED, {}
        self.statuses[answer.status] += 1
        if answer.status not in EXPECTED:
            self.wrong.append(f"answered {answer.status} to POST {path}: {answer.body}")
        return answer.status, answer.body
