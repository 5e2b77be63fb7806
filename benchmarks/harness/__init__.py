"""Shared by the measurements: figures of process trees, and the systems that run beside ours."""
