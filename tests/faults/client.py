"""An external system of the fault suite: submits over HTTP and logs every answer."""

import contextlib
import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """What the API answered, and after how long."""

    status: int
    headers: http.client.HTTPMessage
    body: dict[str, Any]
    seconds: float


@dataclass
class Client:
    """An external system: submits jobs and remembers the answers."""

    address: str
    token: str
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # names, for a refusal has no id
    unknown: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request, as JSON."""
        start = time.monotonic()
        connection = http.client.HTTPConnection(self.address, timeout=30)
        with contextlib.closing(connection):
            sent = {
                "Authorization": f"Token {self.token}",
                "Content-Type": "application/json",
                **headers,
            }
            connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            response = connection.getresponse()
            text = response.read()
        return Answer(
            response.status,
            response.headers,
            json.loads(text) if text else {},
            time.monotonic() - start,
        )

    def submit(
        self, type: str = "quick", *, name: str = "", key: str = "", **params: Any
    ) -> Answer:
        """POST one job."""
        body = {"name": name or f"{type} {time.monotonic_ns()}", "type": type, "params": params}
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.ask("POST", "/api/v1/jobs/", body, **headers)
        self._note(answer, body["name"], [answer.body])
        return answer

    def batch(self, count: int, type: str = "quick", **params: Any) -> list[str]:
        """POST jobs, 500 at a time; returns their ids."""
        ids: list[str] = []
        for start in range(0, count, 500):
            jobs = [
                {"name": f"{type} {n} {time.monotonic_ns()}", "type": type, "params": params}
                for n in range(start, min(count, start + 500))
            ]
            answer = self.ask("POST", "/api/v1/jobs/batch/", {"jobs": jobs})
            assert answer.status == 201, answer
            made = answer.body["jobs"] if "jobs" in answer.body else answer.body["results"]
            ids += [job["id"] for job in made]
        self.accepted += ids
        return ids

    def cancel(self, job_id: str) -> Answer:
        """POST a cancel."""
        return self.ask("POST", f"/api/v1/jobs/{job_id}/cancel/", {})

    def _note(self, answer: Answer, name: str, jobs: list[dict[str, Any]]) -> None:
        if answer.status == 201:
            self.accepted += [job["id"] for job in jobs]
        elif answer.status == 504:
            self.unknown.append(name)
        else:
            self.refused.append(name)
