"""Load and random faults on a whole Backoffice: `make chaos SECONDS=120 SEED=7`."""
