"""Real faults on real servers: nothing accepted is lost, nothing refused runs."""
