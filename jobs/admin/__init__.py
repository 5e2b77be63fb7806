"""The admin: jobs, API tokens, accounts, audit trail. site.py registers their pages."""
