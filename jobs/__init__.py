"""The jobs application: what can run, what was asked to run, and what became of it."""
