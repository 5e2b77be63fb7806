"""What a handler gets: its context, its log, and writers of spreadsheets."""
