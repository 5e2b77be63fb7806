"""What every resource of the API shares: reading requests, writing answers, problems."""
