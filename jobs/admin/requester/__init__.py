"""The page of a requester: a user or an API token, with its jobs and refused requests."""
