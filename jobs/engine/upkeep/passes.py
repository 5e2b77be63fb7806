"""How many jobs one pass of upkeep handles, and the actor in the events that it writes."""

ACTOR = "upkeep"
JOBS_A_PASS = 1_000  # of one kind; the next pass takes the rest
