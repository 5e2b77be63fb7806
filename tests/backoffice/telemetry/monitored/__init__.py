"""An app whose job types a monitored site runs, with a view that fails."""
