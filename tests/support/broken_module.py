"""A module that fails when it is imported."""

number = 1 / 0
