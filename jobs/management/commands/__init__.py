"""The commands; they call the same services as the admin and the API."""
