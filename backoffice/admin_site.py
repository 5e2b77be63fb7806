"""The admin site: its name and its home page."""

from django.contrib.admin import AdminSite


class BackofficeAdminSite(AdminSite):
    """Stock admin under our name; templates/admin/ gives it its look."""

    site_title = "Backoffice"
    site_header = "Backoffice"
    index_title = "Overview"
    site_url = None
    enable_nav_sidebar = False  # the bar at the top says the same in one line
