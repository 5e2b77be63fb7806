"""Tests of docs/job-types.md and of the job types in examples/, in a project that has them."""
