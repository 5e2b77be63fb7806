"""Tests of the job list."""
