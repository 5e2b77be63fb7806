"""docs/adopting.md, followed literally in an empty directory."""
