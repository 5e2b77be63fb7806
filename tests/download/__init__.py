"""Files of jobs as downloads, from the admin and from the API."""
