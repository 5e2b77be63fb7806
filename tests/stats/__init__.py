"""Figures over jobs."""
