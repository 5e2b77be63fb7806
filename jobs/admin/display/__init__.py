"""How values are displayed: columns, times and template tags."""
