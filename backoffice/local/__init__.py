"""Runs PostgreSQL, Redis, web, workers and upkeep on this machine, as child processes."""
