"""The transitions of a job's status, and the errors with which a job ends."""
