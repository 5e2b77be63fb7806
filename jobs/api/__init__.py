"""The REST API, /api/v1/; docs/api.md is its manual."""
