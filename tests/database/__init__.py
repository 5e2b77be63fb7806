"""Errors, limits and tables of PostgreSQL, on real servers."""
