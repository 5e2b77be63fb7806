"""An app with models whose keys are numbers, UUIDs and texts."""
