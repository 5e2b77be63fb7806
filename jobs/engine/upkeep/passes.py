"""What every pass of upkeep keeps to."""

ACTOR = "upkeep"  # signs the events
LIMIT = 1000  # jobs of one kind in one pass; the next one takes the rest
