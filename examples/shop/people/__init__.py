"""The people of the shop: customers and staff."""
