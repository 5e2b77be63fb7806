"""The job list: its rows, tabs, filters and bulk actions, and its refresh."""
