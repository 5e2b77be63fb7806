"""The admin as a job console. site.py registers its pages; the site itself needs home/ from here."""
