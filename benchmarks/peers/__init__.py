"""Other job systems, each as its own documentation sets it up, with a task that does nothing.

`python -m benchmarks.peers.NAME N` makes the tables where they are missing and submits N jobs. The
servers are those of PEER_DATABASE_URL and PEER_REDIS_URL.
"""
