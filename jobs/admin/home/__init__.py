"""The home page: figures, failures and the chart of the last day."""
