"""Load and random faults on a whole Backoffice, for as long as you like: `make chaos SECONDS=120 SEED=7`."""
