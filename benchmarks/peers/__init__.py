"""What the project is measured beside."""
