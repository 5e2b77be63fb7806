"""The sentence about a job, and durations."""
