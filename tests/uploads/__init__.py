"""Tests of jobs/uploads/ and of the services that keep uploads."""
