"""The pages of a user and of an API token: their jobs and their refused requests."""
