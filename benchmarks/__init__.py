"""Measurements that docs/decisions.md quotes; none runs with the tests."""
