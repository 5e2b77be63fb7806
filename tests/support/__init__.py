"""Shared by tests: factories, servers, polling and people."""
