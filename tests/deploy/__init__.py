"""Units, manifests and examples in deploy/ run the product as they stand."""
