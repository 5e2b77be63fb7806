"""`python -m benchmarks.peers.procrastinate N`: makes the tables, and N jobs in one statement."""

import os
import sys

from procrastinate import SyncPsycopgConnector

from benchmarks.peers.procrastinate import app, nothing

MADE = "SELECT to_regclass('procrastinate_jobs') AS made"

with (
    app.replace_connector(SyncPsycopgConnector(conninfo=os.environ["PEER_DATABASE_URL"])) as sync,
    sync.open(),
):
    if sync.connector.get_sync_connector().execute_query_one(MADE)["made"] is None:
        sync.schema_manager.apply_schema()
    if jobs := int(sys.argv[1]):
        nothing.batch_defer(*({} for _ in range(jobs)))
