"""A site whose staff sign in by an OpenID Connect provider; docs/operations.md explains it."""
