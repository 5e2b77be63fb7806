"""The launch pages: the job types, the form of one, and the API call beside it."""
