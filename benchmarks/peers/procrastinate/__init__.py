"""procrastinate: jobs in PostgreSQL, through its own connector (psycopg 3)."""

import os

from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=os.environ["PEER_DATABASE_URL"]))


@app.task(name="nothing")
def nothing() -> dict[str, int]:
    return {"rows": 5}
