"""Params: what a form accepts, how they are stored, and that secrets stay secret."""
