"""The page "Holds and limits", and the banner of every page."""
