"""The built-in job types, one file each; adding a file here registers it."""
