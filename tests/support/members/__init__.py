"""An app whose user model has an e-mail address as its name and a UUID as its key."""
