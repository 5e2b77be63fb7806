"""The page of one job: its content, log and files, and the actions on it."""
