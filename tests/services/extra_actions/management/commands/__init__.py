"""The commands of the added actions."""
