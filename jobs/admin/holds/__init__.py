"""The page "Holds and limits": what keeps jobs from starting, and the forms that change it."""
