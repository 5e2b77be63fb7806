"""The views: each asks access.py what it may show and services.py to act."""
