"""The job types of the catalog, one file each."""
