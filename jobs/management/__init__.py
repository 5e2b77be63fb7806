"""What `manage.py` offers for jobs, and who a command acts for."""
