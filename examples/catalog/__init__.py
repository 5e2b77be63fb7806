"""An app with the five job types of docs/job-types.md: EXTRA_APPS=catalog, PYTHONPATH=examples."""
