"""The services: what people ask for."""
