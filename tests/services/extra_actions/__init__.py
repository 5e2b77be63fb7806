"""A Django application that adds two actions to the table; see tests/services/test_new_actions.py."""
