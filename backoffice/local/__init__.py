"""Everything on one machine: real PostgreSQL and Redis, web, workers and upkeep as child processes."""
