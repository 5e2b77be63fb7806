"""The third door: commands on the same services."""
