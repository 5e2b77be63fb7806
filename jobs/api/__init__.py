"""The REST door, /api/v1/: for programs that never see the admin. docs/api.md is its manual."""
