"""`python -m benchmarks.peers.raw_celery N`: submits N jobs."""

import sys

from benchmarks.peers.raw_celery import nothing

for _ in range(int(sys.argv[1])):
    nothing.delay()
