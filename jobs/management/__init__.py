"""The commands of `manage.py`, their base classes, and the caller that they act as."""
