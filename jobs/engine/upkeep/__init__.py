"""The duties of `manage.py upkeep`, all in one thread of one process.

=============================  ==========================================================
module                         duty
=============================  ==========================================================
leader                         the loop: one of several processes leads
rescue                         ends the attempts of lost workers
republish fleet                publishes jobs again whose message was lost
unparking                      lets jobs start whose hold has ended, or that have room now
unknown                        fails jobs of types that no worker knows
tally                          counts the jobs that have ended, for /metrics
sliced pruning retention       removes old jobs, with orphan_files and orphan_results
=============================  ==========================================================
"""

from jobs.engine.upkeep.leader import Upkeep
from jobs.engine.upkeep.pruning import Pruned, prune
from jobs.engine.upkeep.retention import old_jobs

__all__ = ["Pruned", "Upkeep", "old_jobs", "prune"]
