"""The OpenAPI document: operations, examples, and what is added to it at the end."""
