"""The admin as a job console. registered.py puts its pages on the site; the site itself needs home.py from here."""
