"""The duties of `manage.py upkeep`: rescue lost attempts, publish lost messages again, prune what is old."""

from jobs.engine.upkeep.leader import Upkeep
from jobs.engine.upkeep.pruning import Pruned, old_jobs, prune

__all__ = ["Pruned", "Upkeep", "old_jobs", "prune"]
