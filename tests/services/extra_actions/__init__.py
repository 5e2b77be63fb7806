"""Adds two actions to the table of actions, for tests/services/test_new_actions.py."""
