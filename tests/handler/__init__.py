"""What a handler gets: its context, journal and writers of spreadsheets."""
