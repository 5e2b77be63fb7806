"""Tests of a job's page."""
