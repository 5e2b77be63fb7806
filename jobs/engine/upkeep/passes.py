"""What all passes of upkeep share."""

ACTOR = "upkeep"  # in the events
LIMIT = 1000  # jobs of one kind in one pass; the next pass takes the rest
